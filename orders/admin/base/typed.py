"""Base classes as the type checker wants them. Unfold ships no types, and its classes are Django's with other looks;
Django's own are generic for the type checker alone."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django import forms
    from django.contrib import admin
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    class ModelAdmin(admin.ModelAdmin[Any]):
        def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]: ...
        def get_actions_list(self, request: HttpRequest) -> list[Any]: ...

    class BaseDialogForm(forms.Form):
        request: HttpRequest
        object_id: int | str | None

    ModelChoiceField = forms.ModelChoiceField[Any]
    ModelForm = forms.ModelForm[Any]
    TabularInline = admin.TabularInline[Any, Any]
    UserAdmin = DjangoUserAdmin[User]
else:
    from django.contrib.auth.admin import UserAdmin
    from django.forms import ModelChoiceField, ModelForm
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.forms import BaseDialogForm

__all__ = ["BaseDialogForm", "ModelAdmin", "ModelChoiceField", "ModelForm", "TabularInline", "UserAdmin"]
