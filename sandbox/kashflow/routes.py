"""Which handler answers which path below `/v2`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sandbox.kashflow import bank, customers, invoice_lists, invoices, journals, lookups, payments, products, reports
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply

Handler = Callable[[Books, Call], Reply]

_KINDS = {
    "code": r"[^/]+",
    "archived": r"true|false",
    "rate": r"[\d.]+",
    "token": r"[^/]+",
}
_BULK = "/invoices/bulk/payments"
_CREDITS = "/internal/invoices/{id}/credits"

_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/customers", customers.list_customers),
    ("POST", "/customers", customers.post_customer),
    ("GET", "/customers/search", customers.search_customers),
    ("POST", "/customers/suggestedcode", customers.suggest_code),
    ("GET", "/customers/{code}", customers.get_customer),
    ("PUT", "/customers/{code}", customers.put_customer),
    ("DELETE", "/customers/{code}", customers.delete_customer),
    ("GET", "/customers/{code}/transactions", customers.list_transactions),
    ("DELETE", "/customerlist", customers.delete_customer_list),
    ("PUT", "/internal/customers/archive", customers.archive_customers),
    ("GET", "/invoices", invoice_lists.list_invoices),
    ("POST", "/invoices", invoices.post_invoice),
    ("GET", "/invoices/{number}", invoices.get_invoice),
    ("PUT", "/invoices/{number}", invoices.put_invoice),
    ("DELETE", "/invoices/{number}", invoices.delete_invoice),
    ("DELETE", "/invoicelist", invoices.delete_invoice_list),
    ("PUT", "/invoices/archive-status/{archived}", invoices.archive_invoices),
    ("GET", "/nextavailableinvoicenumber", invoices.next_available_number),
    ("POST", _BULK, payments.post_bulk_payment),
    ("GET", _BULK + "/{number}", payments.get_bulk_payment),
    ("PUT", _BULK + "/{number}", payments.put_bulk_payment),
    ("DELETE", _BULK + "/{number}", payments.delete_bulk_payment),
    ("GET", _CREDITS, payments.get_credits),
    ("POST", _CREDITS, payments.post_credits),
    ("GET", "/products", products.list_products),
    ("GET", "/products/list", products.list_products),
    ("POST", "/products", products.post_product),
    ("GET", "/products/{nominal}/{code}", products.get_product),
    ("PUT", "/products/{nominal}/{code}", products.put_product),
    ("DELETE", "/products/{nominal}/{code}", products.delete_product),
    ("GET", "/nominals", lookups.list_nominals),
    ("POST", "/nominals", lookups.post_nominal),
    ("GET", "/nominals/Id/{id}", lookups.get_nominal_by_id),
    ("GET", "/nominals/{nominal}", lookups.get_nominal),
    ("GET", "/nominals/{nominal}/products", products.list_products),
    ("GET", "/currencies", lookups.list_currencies),
    ("GET", "/currencies/list", lookups.list_currencies),
    ("GET", "/countries", lookups.list_countries),
    ("GET", "/countries/vatrates", lookups.country_vat_rates),
    ("GET", "/paymentmethods/invoice", lookups.list_payment_methods),
    ("GET", "/paymentmethods/purchase", lookups.list_payment_methods),
    ("GET", "/paymentstatuses", lookups.list_payment_statuses),
    ("GET", "/bankaccounts", bank.list_bank_accounts),
    ("GET", "/bankaccounts/list", bank.page_bank_accounts),
    ("GET", "/bankaccounts/{id}", bank.get_bank_account),
    ("GET", "/bankaccounts/{id}/transactions", bank.list_bank_transactions),
    ("POST", "/bankaccounts/{id}/transactions", bank.post_bank_transaction),
    ("GET", "/journals", journals.list_journals),
    ("POST", "/journals", journals.post_journal),
    ("GET", "/journals/{number}", journals.get_journal),
    ("PUT", "/journals/{number}", journals.put_journal),
    ("DELETE", "/journals/{number}", journals.delete_journal),
    ("GET", "/vat/settings", lookups.vat_settings),
    ("GET", "/vat/settings/vatrates", lookups.list_vat_rates),
    ("POST", "/vat/settings/vatrates/{rate}", lookups.post_vat_rate),
    ("DELETE", "/vat/settings/vatrates/{rate}", lookups.delete_vat_rate),
    ("GET", "/settings/advanced", lookups.advanced_settings),
    ("GET", "/settings/companydetails", lookups.company_details),
    ("GET", "/settings/invoice", lookups.invoice_settings),
    ("GET", "/stockoptions", lookups.stock_options),
    ("GET", "/taxes", lookups.list_taxes),
    ("GET", "/sources", lookups.list_sources),
    ("GET", "/reports/sales/unpaid-invoices", reports.unpaid_invoices),
    ("GET", "/reports/business/stockoverview", reports.stock_overview),
    ("GET", "/reports/business/audit", reports.audit_report),
    ("GET", "/reports/business/audit/{number}", reports.audit_history),
    ("GET", "/search", reports.global_search),
)
_LOGIN_PATHS = ("/sessiontoken", "/sessiontoken/{token}")


@dataclass(frozen=True)
class Match:
    """A path that is known: its template, the pieces of it, and the handlers by method."""

    template: str
    parts: dict[str, str]
    handlers: dict[str, Handler]


@lru_cache(maxsize=1024)
def find(path: str) -> Match | None:
    """The first template that fits the whole path; letter case does not matter."""
    for pattern, template, handlers in _BY_DEPTH.get(path.count("/"), ()):
        fit = pattern.fullmatch(path)
        if fit is not None:
            return Match(template, fit.groupdict(), handlers)
    return None


def label(method: str, path: str) -> str:
    """The route for the call counts, for example `GET /v2/invoices/{number}`."""
    below = path.removeprefix("/v2")
    match = find(below)
    return f"{method} /v2{match.template if match else below}"


def _compile(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    names = iter(pieces[1::2])
    pattern = re.escape(pieces[0])
    for fixed in pieces[2::2]:
        name = next(names)
        pattern += f"(?P<{name}>{_KINDS.get(name, r'[0-9]{1,12}')}){re.escape(fixed)}"
    return re.compile(pattern, re.IGNORECASE)


def _by_depth() -> dict[int, list[tuple[re.Pattern[str], str, dict[str, Handler]]]]:
    """The templates by their number of slashes: no piece of a path holds one."""
    by_template: dict[str, dict[str, Handler]] = {template: {} for template in _LOGIN_PATHS}
    for method, template, handler in _TABLE:
        by_template.setdefault(template, {})[method] = handler
    by_depth: dict[int, list[tuple[re.Pattern[str], str, dict[str, Handler]]]] = {}
    for template, handlers in by_template.items():
        by_depth.setdefault(template.count("/"), []).append((_compile(template), template, handlers))
    return by_depth


_BY_DEPTH = _by_depth()
