"""Somebody at KashFlow's own screens."""

from typing import Any

import httpx
import simplejson

from sandbox.witness import Books

_KEPT = ("CustomerCode", "CustomerReference", "IssuedDate", "DueDate", "LineItems", "PaymentLines")


class Person(Books):
    """Books invoices of KashFlow's own, and changes those of the bridge."""

    def do(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else simplejson.dumps(body, use_decimal=True)
        headers = {"Content-Type": "application/json"}
        answer = self._http.request(method, path, content=content, headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._http.request(method, path, content=content, headers=headers)
        return answer.raise_for_status().json() if answer.content else None

    def book(self, reference: str, *, rate: int = 10, times: int = 1, number: int | None = None) -> list[int]:
        """Invoices of a customer of KashFlow's own, one line each."""
        self.get("/customers")
        if self._http.get("/customers/WALK1").is_error:
            self.do("POST", "/customers", {"Code": "WALK1", "Name": "Walter King"})
        line = {"Description": "Odd job", "Quantity": 1, "Rate": rate, "NominalCode": 4000, "VATLevel": 20}
        body = {"CustomerCode": "WALK1", "IssuedDate": "2026-11-20 12:00:00", "LineItems": [line], "Number": number}
        bodies = [body | {"CustomerReference": reference.format(count)} for count in range(times)]
        return [self.do("POST", "/invoices", one)["Number"] for one in bodies]

    def edit(self, number: int, **changes: Any) -> None:
        full = self.do("GET", f"/invoices/{number}")
        self.do("PUT", f"/invoices/{number}", {name: full[name] for name in _KEPT} | changes)

    def edit_customer(self, code: str, **changes: Any) -> None:
        self.do("PUT", f"/customers/{code}", self.do("GET", f"/customers/{code}") | changes)
