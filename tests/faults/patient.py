"""The shop's settings, but people wait longer for Temporal than they do in life: a machine that does everything at once
is slow, and an answer that comes late is no fault. How soon answers come is measured with the shop's own settings."""

from shop.settings import *

ACCEPTED_WITHIN_SECONDS = ANSWERED_WITHIN_SECONDS = SHOWN_WITHIN_SECONDS = 20.0
