"""The project's settings. Everything that differs between installations is read here, once, from the environment."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from stdnum import bic, iban

from shop import logs, looks
from shop.env import Env, Misconfigured
from shop.trust import temporal_is_protected

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

# --- Where and how it runs -------------------------------------------------------------------------------------------
DEBUG = env.bool("DJANGO_DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # demo users, "pretend the transfer arrived"
if DEMO and not DEBUG:
    raise Misconfigured("DEMO needs DJANGO_DEBUG=true; demo users have no place in production")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).absolute()
SECRET_KEY = env.secret("DJANGO_SECRET_KEY", optional=DEBUG)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default one would replace the site
    "unfold.contrib.filters",
    "shop.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "orders",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "shop.static.StaticFilesMiddleware",
    "shop.csp.PolicyMiddleware",
    "shop.robots.KeepOut",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.security_log.Watch",
    "django.middleware.locale.LocaleMiddleware",
    "shop.malformed.refuse_unreadable",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "shop.sessions.StaffSessions",
    "shop.second_factor.AskSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as its documentation asks
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database --------------------------------------------------------------------------------------------------------
WORKER_THREADS = env.whole("WORKER_THREADS", default=16, low=4, high=200)
PROVIDER_CALLS = env.whole("PROVIDER_CALLS", default=4, low=1, high=50)
# for every thread of a worker (temporal_app/worker.py) and some more
MOST_CONNECTIONS = 9 * WORKER_THREADS // 4 + 6 * PROVIDER_CALLS + 8
DATABASE_TIMEOUT = env.whole("DATABASE_TIMEOUT", default=20, low=0, high=3600)
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'shop.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",  # without it concurrent writers lose writes
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    folder = Path(DATABASES["default"]["NAME"]).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"DATABASE_URL or DATA_DIR: {folder} cannot be made ({error.strerror})") from None
else:
    DATABASES["default"]["ENGINE"] = "shop.postgresql"  # looks itself whether a connection from the pool is alive
    # a worker thread that finds the pool empty would wait for the others
    pool = {"min_size": 2, "max_size": MOST_CONNECTIONS, "timeout": 10}
    # A database that hangs is an error before an activity's own time is up (30 s), which would not say what hung.
    limits = {"options": f"-c statement_timeout={DATABASE_TIMEOUT}s", "tcp_user_timeout": DATABASE_TIMEOUT * 1000}
    options = {"connect_timeout": 5, **(limits if DATABASE_TIMEOUT else {}), **DATABASES["default"].get("OPTIONS", {})}
    DATABASES["default"]["OPTIONS"] = {**options, "pool": pool}

# what one web process remembers (that a form was sent before), all others know
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shop_cache"}}

# --- The shop --------------------------------------------------------------------------------------------------------
SHOP_NAME = env.str("SHOP_NAME", default="Northwind Orders")
SHOP_BASE_URL = env.address(
    "SHOP_BASE_URL", default=f"https://{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS and not DEBUG else "http://127.0.0.1:8000"
)
CURRENCY = "EUR"
PAYMENT_METHODS = env.choices("PAYMENT_METHODS", default=["sandbox"], allowed=("sandbox", "stripe", "bank_transfer"))
ALLOW_SANDBOX = env.bool("ALLOW_SANDBOX", default=False)
if "sandbox" in PAYMENT_METHODS and not (DEBUG or ALLOW_SANDBOX):
    raise Misconfigured(
        "PAYMENT_METHODS names sandbox, with which anybody pays without money; name stripe or bank_transfer, "
        "or set ALLOW_SANDBOX=true where no real goods are sold"
    )
PAYMENT_WEBHOOK_SECRET = env.secret("PAYMENT_WEBHOOK_SECRET", optional=DEBUG)
PAYMENT_DEADLINE = env.seconds("PAYMENT_DEADLINE", default=14 * 24 * 3600)
PAYMENT_REMINDER = env.whole("PAYMENT_REMINDER", 2 * 24 * 3600, low=0, high=365 * 24 * 3600)
APPROVAL_DEADLINE = env.seconds("APPROVAL_DEADLINE", default=7 * 24 * 3600)
SHIPMENT_DEADLINE = env.seconds("SHIPMENT_DEADLINE", default=30 * 24 * 3600)
DELIVERY_AFTER = env.seconds("DELIVERY_AFTER", default=3 * 24 * 3600)
# What nobody has paid: how long a guest's goods are kept unless they confirm (0: as long as everybody's), how
# many orders of one session or e-mail, or of one network address, and how many pieces of a product (0: no limit)
GUEST_HOLD = env.whole("GUEST_HOLD", default=2 * 3600, low=0, high=14 * 24 * 3600)
UNPAID_ORDERS = env.whole("UNPAID_ORDERS", default=0 if DEBUG else 10, low=0, high=100_000)
UNPAID_ORDERS_PER_ADDRESS = env.whole("UNPAID_ORDERS_PER_ADDRESS", default=0 if DEBUG else 30, low=0, high=100_000)
UNPAID_PIECES = env.whole("UNPAID_PIECES", default=0 if DEBUG else 20, low=0, high=1_000_000)
CART_LIFETIME = env.seconds("CART_LIFETIME", default=24 * 3600)
NEW_CARTS_PER_ADDRESS = env.whole("NEW_CARTS_PER_ADDRESS", default=0 if DEBUG else 60, low=0, high=1_000_000)
CART_ON_EXPIRY = env.choice("CART_ON_EXPIRY", default="expire", allowed=("expire", "checkout"))
# For how long (seconds) what the shop knows of people is kept; what counts money or goods stays, without names. A cart
# is asked for as long as a session lasts; the law asks for accounts ten years from the end of theirs.
DAY, LONGEST = 24 * 3600, 30 * 365 * 24 * 3600
KEEP_SIGN_INS = env.whole("KEEP_SIGN_INS", default=30 * DAY, low=DAY, high=LONGEST)
KEEP_CARTS = env.whole("KEEP_CARTS", default=30 * DAY, low=21 * DAY, high=LONGEST)
KEEP_ORIGINS = env.whole("KEEP_ORIGINS", default=30 * DAY, low=DAY, high=LONGEST)
KEEP_MAILS = env.whole("KEEP_MAILS", default=365 * DAY, low=7 * DAY, high=LONGEST)
KEEP_REFUSED_FILES = env.whole("KEEP_REFUSED_FILES", default=30 * DAY, low=DAY, high=LONGEST)
KEEP_OPENINGS = env.whole("KEEP_OPENINGS", default=365 * DAY, low=DAY, high=LONGEST)
KEEP_ACCOUNTS = env.whole("KEEP_ACCOUNTS", default=11 * 366 * DAY, low=30 * DAY, high=LONGEST)
# card payments with Stripe, where PAYMENT_METHODS names it
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.address("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_CHECKOUT_BASE = env.address("STRIPE_CHECKOUT_BASE", default="https://checkout.stripe.com")
STRIPE_TIMEOUT = env.whole("STRIPE_TIMEOUT", default=8, low=1, high=20)  # seconds; a step has 30
STRIPE_RETRIES = env.whole("STRIPE_RETRIES", default=1, low=0, high=2)
if "stripe" in PAYMENT_METHODS and not (STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET):
    raise Misconfigured("PAYMENT_METHODS names stripe, so STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET must be set")
# transfers to our own account, where PAYMENT_METHODS names bank_transfer
BANK_ACCOUNT_HOLDER = env.str("BANK_ACCOUNT_HOLDER", default=SHOP_NAME)
BANK_IBAN = env.str("BANK_IBAN", default="DE89370400440532013000" if DEBUG else "").replace(" ", "").upper()
# further accounts of ours, in whatever currency: their statements are taken too
BANK_OTHER_IBANS = [other.replace(" ", "").upper() for other in env.list("BANK_OTHER_IBANS", default=[])]
BANK_BIC = env.str("BANK_BIC", default="").strip().upper()
if not iban.is_valid(BANK_IBAN) and (BANK_IBAN or "bank_transfer" in PAYMENT_METHODS):
    raise Misconfigured("BANK_IBAN is not a valid IBAN")
if not all(iban.is_valid(other) for other in BANK_OTHER_IBANS):
    raise Misconfigured("BANK_OTHER_IBANS holds what is not a valid IBAN")
if BANK_BIC and not bic.is_valid(BANK_BIC):
    raise Misconfigured("BANK_BIC is not a valid BIC")
# A person waits: within three seconds they hear that Temporal is away, or that the shop is still working on it.
ACCEPTED_WITHIN_SECONDS, ANSWERED_WITHIN_SECONDS = 2.8, 2.5
SHOWN_WITHIN_SECONDS = 1.5  # what was done without an answer, on the page that follows; nothing depends on it
INSPECTED_WITHIN_SECONDS = 2.5  # what Temporal knows about an order, all questions together
ALLOW_PLAIN_TEMPORAL = env.bool("ALLOW_PLAIN_TEMPORAL", default=False)
if not (DEBUG or ALLOW_PLAIN_TEMPORAL or temporal_is_protected()):
    raise Misconfigured(
        "TEMPORAL_ADDRESS is on another host, without TLS or a key; who reaches Temporal moves money. Set TEMPORAL_TLS "
        "or TEMPORAL_API_KEY, or ALLOW_PLAIN_TEMPORAL=true where something else protects the way"
    )
TEMPORAL_DEPLOYMENT_NAME = env.str("TEMPORAL_DEPLOYMENT_NAME", default="shop")
TEMPORAL_WORKER_BUILD_ID = env.str("TEMPORAL_WORKER_BUILD_ID", default="")  # without it workers are not versioned
TEMPORAL_PAYLOAD_KEYS = env.payload_keys("TEMPORAL_PAYLOAD_KEYS")  # none: what Temporal keeps can be read
TEMPORAL_UI_URL = env.address("TEMPORAL_UI_URL", default="http://127.0.0.1:8233")

# --- E-mail ----------------------------------------------------------------------------------------------------------
MAIL_IS_CONFIGURED = "EMAIL_URL" in env
vars().update(env.mail("EMAIL_URL", default=f"filemail:///{DATA_DIR / 'mail'}" if DEBUG else "smtp://localhost:25"))
EMAIL_TIMEOUT = 10
MAILS_A_DAY = env.whole("MAILS_A_DAY", default=0 if DEBUG else 30, low=0, high=100_000)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
OPERATIONS_EMAIL = env.str("OPERATIONS_EMAIL", default="operations@localhost")

# --- Languages, time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# --- Static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {
        "BACKEND": env.installed("UPLOAD_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.options("UPLOAD_STORAGE_OPTIONS"),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Uploaded files: account statements; nothing serves them ----------------------------------------------------------
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "uploads")))

# --- Signing in ------------------------------------------------------------------------------------------------------
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/orders/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "shop.passwords.TellOwner"},
]
# seconds: how long staff stay signed in, and how long without doing anything
STAFF_SESSION_AGE = env.whole("STAFF_SESSION_AGE", default=12 * 3600, low=300, high=30 * 24 * 3600)
STAFF_IDLE = env.whole("STAFF_IDLE", default=30 * 60, low=60, high=30 * 24 * 3600)
PASSWORD_AGAIN_AFTER = env.whole("PASSWORD_AGAIN_AFTER", default=0 if DEBUG else 15 * 60, low=0, high=30 * 24 * 3600)
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=not DEBUG)
OTP_TOTP_ISSUER = SHOP_NAME
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0  # shop/second_factor.py counts
# wrong ones in 15 minutes, besides AXES_FAILURE_LIMIT for both; how many are hashed at once; new ones in an hour
WRONG_PASSWORDS_PER_ADDRESS = env.whole("WRONG_PASSWORDS_PER_ADDRESS", default=30, low=0, high=100_000)
WRONG_PASSWORDS_PER_NAME = env.whole("WRONG_PASSWORDS_PER_NAME", default=30, low=0, high=100_000)
HASHES_AT_ONCE = env.whole("HASHES_AT_ONCE", default=max(1, (os.cpu_count() or 2) // 2), low=1, high=1000)
RESETS_PER_ADDRESS = env.whole("RESETS_PER_ADDRESS", default=10, low=0, high=100_000)
RESETS_PER_NAME = env.whole("RESETS_PER_NAME", default=3, low=0, high=100_000)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "shop.signing_in.throttled_name"
AXES_LOCKOUT_CALLABLE = "shop.signing_in.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who keeps trying is let in after 15 minutes all the same
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# --- Transport and headers -------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked by load balancers, from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
# how many proxies of ours stand before the shop, each of which adds whom it was asked by to X-Forwarded-For
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", default=1 if SECURE_PROXY_SSL_HEADER else 0, low=0, high=10)
AXES_CLIENT_IP_CALLABLE = "orders.views.origin.client_address"
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "same-origin"  # the token in an order page's address is for its owner alone
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Admin -----------------------------------------------------------------------------------------------------------
UNFOLD = looks.unfold(SHOP_NAME)

# --- Logs ------------------------------------------------------------------------------------------------------------
as_json = env.bool("SECURITY_LOG_JSON", default=False)
LOGGING = logs.configured(env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")), as_json)
