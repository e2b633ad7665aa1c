"""The shop's addresses."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from orders.views import card_page, cart, catalogue, checkout, confirmation, events, order, webhooks


class OrderNumber(StringConverter):
    regex = r"ORD-\d{4}-\d{6,12}"


class OrderToken(StringConverter):
    regex = r"[A-Za-z0-9_-]{22,40}"


register_converter(OrderNumber, "order")
register_converter(OrderToken, "token")

# below an order, whether it is reached with its token or by its owner
ACTIONS = [
    path("events/", events.order_events, name="order-events"),
    path("pay/", order.pay, name="order-pay"),
    path("card/", card_page.go, name="order-card"),
    path("card/back/", card_page.back, name="order-card-back"),
    path("transfer/", order.pretend_transfer, name="order-transfer"),
    path("cancel/", order.cancel, name="order-cancel"),
    path("items/", order.add_item, name="order-items"),
    path("language/", order.set_language, name="order-language"),
    path("again/", order.order_again, name="order-again"),
]

urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("products/<path:sku>/", catalogue.product, name="product"),
    path("cart/", cart.cart, name="cart"),
    path("cart/items/", cart.cart_items, name="cart-items"),
    path("cart/on-expiry/", cart.on_expiry, name="cart-on-expiry"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", order.orders, name="orders"),
    path("orders/<order:number>/", order.order, name="own-order"),
    path("orders/<order:number>/<token:token>/", order.order, name="order"),
    path("orders/<order:number>/", include(ACTIONS)),
    path("orders/<order:number>/<token:token>/", include(ACTIONS)),
    path("orders/<order:number>/<token:token>/confirm/<slug:key>/", confirmation.confirm, name="order-confirm"),
    path("webhooks/payments/<str:provider>/", webhooks.receive, name="payment-webhook"),
]
