"""The uncertain points of `kashflow-api.md` (sections 13 and 15), default first."""

from sandbox.shared.switches import Switch

SWITCHES = (
    Switch(
        "login_step_1",
        ("temporary_token_201", "temporary_token_200", "session_token_at_once"),
        "answer to a right user name and password",
    ),
    Switch(
        "temporary_token",
        ("single_use_five_minutes", "expired_at_once"),
        "life of the token between the two login steps",
    ),
    Switch(
        "session_life",
        ("idle_60_minutes", "absolute_60_minutes", "killed_mid_run"),
        "when a session dies; killed_mid_run: after its 25th call",
    ),
    Switch("sessions_per_user", ("many", "one"), "one: a new login ends the sessions before it"),
    Switch(
        "bad_password",
        ("invalid_credentials_400", "invalid_credentials_401"),
        "a wrong user name or password; the third failure running locks the user for ten minutes",
    ),
    Switch(
        "wrong_memorable_word",
        ("invalid_credentials_400", "invalid_credentials_401"),
        "wrong characters of the memorable word; they count for the lock as well",
    ),
    Switch(
        "rest_access",
        ("open", "off", "address_blocked"),
        "REST switched off for the account, or the caller not on the address list",
    ),
    Switch("rest_access_answer", ("401", "403"), "what a caller hears when REST is not open to it"),
    Switch("logout", ("both_forms", "path_form_only", "header_form_only"), "the form left out answers 404"),
    Switch("perpage_above_100", ("honoured_to_200", "refused_400", "capped_at_100"), "a page size above 100"),
    Switch("next_page_url", ("absolute", "with_v2", "without_v2"), "shape of the addresses in MetaData"),
    Switch("page_beyond_end", ("empty", "404"), "a page after the last one"),
    Switch("list_row_details", ("null", "filled"), "LineItems and Currency in rows of the invoice list"),
    Switch("list_ties", ("shuffled", "stable"), "rows with equal sort keys, from call to call"),
    Switch("projects_list", ("bare", "paged"), "shape of GET /projects"),
    Switch("advance_payments_list", ("bare", "paged"), "shape of GET /customers/{code}/advancepayments"),
    Switch(
        "payment_method_names", ("id_name", "method_id_method_name"), "keys in GET /paymentmethods/invoice"
    ),
    Switch("search_text", ("substring", "prefix", "exact"), "how searchtext matches a reference"),
    Switch(
        "filterarchived", ("includes_archived", "hides_archived"), "filterarchived=true in the customer list"
    ),
    Switch("duplicate_customer_code", ("refused_400", "refused_409"), "a customer code that is taken"),
    Switch(
        "create_code_if_duplicate",
        ("honoured", "ignored"),
        "CreateCustomerCodeIfDuplicate: another code and 201, or as if it was not sent",
    ),
    Switch(
        "customer_code_check",
        ("two_to_twelve_alphanumeric", "any_length"),
        "which codes are taken; they are compared without regard to case",
    ),
    Switch(
        "invoice_post_answer",
        ("full", "empty", "no_location", "timeout_after_commit"),
        "201 with body and Location; 200 with {}; 201 with body only; done, but no answer for 90 s, then 504",
    ),
    Switch("location_header", ("with_v2", "absolute"), "shape of Location"),
    Switch("invoice_number_omitted", ("highest_plus_one", "gap"), "the number the server gives"),
    Switch("invoice_number_taken", ("refused_400", "next_free"), "a given number that is in use"),
    Switch("invoice_limit", ("none", "reached"), "reached: the package takes no more invoices"),
    Switch(
        "unknown_reference",
        ("refused_400", "refused_404", "stored"),
        "a customer, nominal, product, project, currency, VAT level, method or bank account unknown here",
    ),
    Switch("rate_beyond_pennies", ("rounded_up", "kept", "half_up"), "a Rate with more than two places"),
    Switch(
        "vat_amount_given",
        ("kept", "recomputed_per_line", "recomputed_per_unit"),
        "a VATAmount sent with a line",
    ),
    Switch("vat_mode", ("per_line", "per_unit"), "the account's setting, used where no VATAmount is sent"),
    Switch("vat_level_missing", ("account_default", "zero"), "a line without VATLevel"),
    Switch("customer_discount", ("no_change", "extra_line"), "DiscountRate of the customer on a new invoice"),
    Switch(
        "customer_vat_number_flag",
        ("no_change", "comment_line"),
        "AutoIncludeVATNumber of the customer on a new invoice",
    ),
    Switch("exchange_rate_missing", ("account_rate", "one"), "an invoice in foreign currency without rate"),
    Switch("due_date_missing", ("issue_date", "customer_terms"), "an invoice without DueDate"),
    Switch("put_property_missing", ("kept", "cleared"), "a property left out of a PUT"),
    Switch("put_payment_lines_missing", ("kept", "deleted"), "PaymentLines left out of a PUT"),
    Switch("put_list_given", ("replaces", "merges"), "a list in a PUT; merges by Id or Number"),
    Switch("overpayment", ("accepted", "refused_400"), "accepted: DueAmount 0, the rest is a credit"),
    Switch("negative_payment_on_invoice", ("accepted", "refused_400"), "a refund line on a positive invoice"),
    Switch("total_paid_currency", ("document", "home"), "currency of TotalPaidAmount"),
    Switch("credits_path", ("present", "missing_404"), "/internal/invoices/{id}/credits"),
    Switch("delete_in_vat_return", ("refused_400", "accepted_204"), "DELETE of an invoice in a VAT return"),
    Switch("credit_line_stock", ("ignored", "put_back"), "stock of a product on a negative line"),
    Switch(
        "reports",
        ("present", "missing_404", "refused_401", "late_60_seconds"),
        "audit report, /search, unpaid invoices, stock overview",
    ),
    Switch("status_words", ("english", "other_words", "null"), "Status of an invoice"),
    Switch(
        "date_out",
        ("noon", "noon_with_offset", "noon_with_t", "eve_at_23"),
        "2026-08-20 12:00:00; with +01:00; with T; UK midnight seen in UTC",
    ),
    Switch(
        "absent_date", ("as_absent_value", "year_1900", "year_0001", "year_1970"), "a date that is not set"
    ),
    Switch("numbers_out", ("four_decimals", "integers_where_whole"), "decimals in answers"),
    Switch(
        "absent_value",
        ("null", "empty_text", "zero", "missing"),
        "a text, number or any property that is not set",
    ),
    Switch("error_body", ("json", "html", "empty"), "body of 404 and 405"),
)
