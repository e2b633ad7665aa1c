"""The catalogue and its products."""

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orders import labels
from orders.forms import QuantityForm, new_request_id, readable
from orders.models import Product
from orders.rules.refusals import Refusal
from orders.views import answers
from temporal_app.client.errors import ClientError

PER_PAGE = 24
SHOWN_ALONGSIDE = 4


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """What the shop sells: all, of one category (`category`), or what matches a search (`q`)."""
    wanted, category = readable(request.GET.get("q", "")).strip()[:100], readable(request.GET.get("category", ""))[:80]
    on_sale = Product.objects.on_sale()
    products = _matching(on_sale, wanted, category).order_by("name", "pk")
    context = {
        "page": Paginator(products, PER_PAGE).get_page(request.GET.get("page")),
        "categories": Product.objects.on_sale()
        .exclude(category="")
        .order_by("category")
        .values_list("category", flat=True)
        .distinct(),
        "q": wanted,
        "category": category,
        "request_id": new_request_id(),
    }
    return render(request, "shop/catalogue.html", context)


@require_safe
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product."""
    found = Product.objects.on_sale().filter(sku=readable(sku)).first()
    if found is None:
        return unknown(request, sku)
    return product_page(request, found, QuantityForm(initial={"sku": sku}))


def product_page(
    request: HttpRequest, found: Product, form: QuantityForm, *, error: ClientError | None = None, status: int = 200
) -> HttpResponse:
    """The product with the form that puts it into the cart, and with what that form was told."""
    alongside = Product.objects.on_sale().filter(category=found.category).exclude(pk=found.pk).order_by("name")
    context = {
        "product": found,
        "form": form,
        "alongside": alongside[:SHOWN_ALONGSIDE],
        "here_url": found.get_absolute_url(),
    }
    return answers.page(request, "shop/product.html", context, error=error, status=status)


def unknown(request: HttpRequest, sku: str) -> HttpResponse:
    """404, for a product that is not sold (any more)."""
    return answers.missing(request, labels.refusal(Refusal.UNKNOWN_SKU, {"sku": sku}))


def _matching(products: QuerySet[Product], wanted: str, category: str) -> QuerySet[Product]:
    if category:
        products = products.filter(category=category)
    for word in wanted.split():
        products = products.filter(
            Q(name__icontains=word)
            | Q(sku__icontains=word)
            | Q(category__icontains=word)
            | Q(description__icontains=word)
        )
    return products
