from django.urls import path

from shop import health, views

urlpatterns = [
    path("", views.index),
    path("products/", views.products),
    path("health", health.health),
]
