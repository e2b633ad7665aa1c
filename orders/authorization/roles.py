"""What each role of staff may see and do in the admin: Django groups with the least permissions that do the job.

Permissions open pages and buttons. Who may cast which vote is another matter: see `orders.authorization.eligibility`.
"""

from django.contrib.auth.models import Group, Permission

from orders.rules.approvals import Role

EVERYBODY = {
    "view_product",
    "view_order",
    "view_expenserequest",
    "add_expenserequest",
    "change_expenserequest",
    "delete_expenserequest",
}
APPROVER = {
    "view_approvalrequest",
    "decide_approval",
    "view_approvalpolicy",
    "view_delegation",
    "add_delegation",
    "change_delegation",
    "delete_delegation",
}
ROLE_PERMISSIONS: dict[Role, set[str]] = {
    Role.MANAGER: APPROVER
    | {"cancel_order", "view_guesthold", "add_product", "change_product", "view_stockadjustment"}
    | {"view_compensationfailure", "settle_compensationfailure", "view_failedworkflow"}
    | {"view_mirrorcheck", "view_mirrorfinding", "run_mirrorcheck", "view_outage"}
    | {"erase_customer", "view_erasurerecord"},
    Role.DIRECTOR: APPROVER | {"view_compensationfailure"},
    Role.VP: APPROVER | {"view_compensationfailure"},
    Role.WAREHOUSE: {"ship_order", "add_stockadjustment", "view_stockadjustment"},
    Role.FINANCE: {
        "view_approvalrequest",
        "view_approvalpolicy",
        "add_approvalpolicy",
        "change_approvalpolicy",
        "delete_approvalpolicy",
        "view_paymentevent",
        "report_payment",
        "resolve_paymentevent",
        "view_bankstatement",
        "add_bankstatement",
        "view_statementline",
        "view_refund",
        "view_refundtask",
        "view_refundbatch",
        "view_bankdebit",
        "settle_bankdebit",
        "make_refund",
        "ask_refund",
        "adjust_credit",
        "view_creditadjustment",
        "extend_payment",
        "reopen_order",
        "view_paymentcheck",
        "run_paymentcheck",
        "view_compensationfailure",
        "settle_compensationfailure",
        "view_failedworkflow",
        "view_mirrorcheck",
        "view_mirrorfinding",
        "run_mirrorcheck",
        "view_outage",
    },
    Role.SUPPORT: {
        "cancel_order",
        "view_guesthold",
        "extend_payment",
        "reopen_order",
        "view_cart",
        "view_notification",
        "view_approvalrequest",
        "view_outage",
    },
}


def set_up_roles(**signal: object) -> None:
    """Make the groups that are missing, with their permissions. What staff changed since is left as it is.

    Runs after every migration, when Django has made the permissions: a data migration would come before them.
    """
    for role, names in ROLE_PERMISSIONS.items():
        group, new = Group.objects.get_or_create(name=str(role))
        if new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="orders", codename__in=EVERYBODY | names)
            )
