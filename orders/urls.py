"""The shop's addresses."""

app_name = "orders"
urlpatterns: list = []
