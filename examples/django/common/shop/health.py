"""The health check of the container and of the target group: database and cache."""

from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse


def health(request):
    """200 if the database and the cache answer, 503 if not.

    "status" always says "healthy": whoever checks must look at the status code, or at the two others.
    """
    checks = {"database": database_answers(), "cache": cache_answers(), "status": "healthy"}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def database_answers():
    try:
        connection.ensure_connection()
    except Exception:  # whatever it is, the answer is "no"
        return False
    return True


def cache_answers():
    try:
        cache.set("health_check", "ok", 10)
        return cache.get("health_check") == "ok"
    except Exception:
        return False
