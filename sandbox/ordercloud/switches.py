"""Every behaviour of OrderCloud that docs/facts/sitecore.md leaves open, and misbehaviour on request."""

from sandbox.shared.switches import Switch

_PERCENT = ("0", "5", "10", "25", "50", "100")
_SECONDS = ("0", "0.2", "1", "5", "15", "30", "60")

SWITCHES = (
    Switch("token_seconds", ("36000", "600", "60", "35", "5", "1"), "lifetime of an access token"),
    Switch("auth_error_status", ("400", "401"), "HTTP status of a refused token request"),
    Switch("xp_merge", ("shallow", "nested"), "a PATCH replaces an object inside `xp`, or merges it too"),
    Switch("patch_status", ("ignored", "refused"), "what happens to `Status` in a PATCH of an order"),
    Switch("xp_patch_fires", ("yes", "no"), "a PATCH of nothing but `xp` fires webhooks and sync messages"),
    Switch("xp_patch_touches", ("yes", "no"), "a PATCH of nothing but `xp` bumps `LastUpdated`"),
    Switch("payment_touches_order", ("no", "yes"), "a payment or transaction bumps the order's `LastUpdated`"),
    Switch("return_touches_order", ("no", "yes"), "an order return bumps the order's `LastUpdated`"),
    Switch("line_touches_order", ("yes", "no"), "a change of a line item bumps the order's `LastUpdated`"),
    Switch("lines_after_submit", ("any", "patch_only"), "whether a seller may add and delete line items after submit"),
    Switch("cancel_open_orders", ("refused", "allowed"), "whether a seller may cancel an Open or Completed order"),
    Switch("payments_on_canceled", ("order_admin", "refused"), "who may pay or refund on a cancelled order"),
    Switch("returns_need_approval", ("no", "yes"), "a submitted order return awaits approval"),
    Switch(
        "return_completion_message", ("sent", "missing"), "`OrderReturnCompleted` for a return that payments complete"
    ),
    Switch("list_lag_seconds", _SECONDS, "how long lists still show the state before a write"),
    Switch("duplicate_percent", _PERCENT, "share of deliveries sent twice"),
    Switch("drop_percent", _PERCENT, "share of deliveries never sent"),
    Switch("delay_seconds", _SECONDS, "how long every delivery is held back"),
    Switch("reorder", ("off", "on"), "deliveries overtake each other (random extra delay up to two seconds)"),
    Switch("signature", ("right", "wrong", "missing"), "the `X-oc-hash` of every delivery"),
    Switch("checkout_signature", ("right", "wrong", "missing"), "the `X-oc-hash` of integration events"),
    Switch("retries", ("0", "1", "3", "5", "10"), "how often a delivery not answered by 2xx is sent again"),
    Switch("retry_wait_seconds", ("1", "0", "0.2", "5", "15", "60"), "pause before a repeated delivery"),
    Switch("delivery_timeout_seconds", ("10", "1", "3", "30"), "how long the platform waits for an answer"),
    Switch("resend_log_id", ("same", "new"), "the `LogID` of a duplicate or retry"),
    Switch("query_params", ("present", "missing"), "`QueryParams` in webhook bodies"),
    Switch("webhook_headers", ("null", "absent"), "`Headers` in webhook bodies"),
    Switch("sync_status", ("number", "word"), "`Status` in sync messages: 1 to 6, or the word"),
    Switch("sync_unsubmitted", ("no", "yes"), "sync messages for orders that are not submitted yet"),
    Switch("message_copies", ("1", "2", "3"), "how many recipients a message sender notifies"),
)
