"""All addresses: the shop's pages, signing in, the admin, and two that load balancers ask."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from shop import health, passwords, signing_in
from shop.second_factor import SecondFactor

# those of Django's for which there is a page of ours
ACCOUNTS = [
    path("login/", signing_in.SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password_reset/", passwords.ResetView.as_view(), name="password_reset"),
    path("password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("admin/login/", signing_in.StaffSignIn.as_view()),
    path("admin/second-factor/", admin.site.admin_view(SecondFactor.as_view()), name="second-factor"),
    path("admin/", admin.site.urls),
    path("accounts/", include(ACCOUNTS)),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("orders.urls")),
]
