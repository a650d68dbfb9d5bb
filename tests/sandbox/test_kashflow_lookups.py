import pytest

from tests.sandbox.kashflow_desk import exact, open_desk


def test_source_is_shown_by_its_name_on_the_customer():
    desk = open_desk()
    telephone = next(source for source in desk.get("/sources") if source["Name"] == "Telephone")

    assert desk.new_customer("WEB2", Source=telephone["Id"])["SourceName"] == "Telephone"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/nominals", {"Code": 4020}),
        ("/products", {"NominalCode": 4000, "Code": "X"}),
        ("/products", {"NominalCode": 1, "Code": "X", "Name": "No nominal"}),
        ("/invoices/bulk/payments", {"PaymentItems": []}),
    ],
)
def test_post_without_what_it_needs_is_refused(path, body):
    exact(open_desk().call("POST", path, body), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/nominals/1",
        "/nominals/Id/1",
        "/bankaccounts/1",
    ],
)
def test_get_of_what_is_not_there_answers_404(path):
    exact(open_desk().call("GET", path), 404)


def test_nominals_are_searched_by_text_and_type():
    desk = open_desk()

    assert [nominal["Code"] for nominal in desk.get("/nominals?searchText=deliv")] == [4001]
    assert [nominal["Code"] for nominal in desk.get("/nominals?type=Bank")] == [1200, 1202, 1210, 1211, 1220]


def test_product_renamed_by_put_moves_to_its_new_key():
    desk = open_desk()

    desk.put("/products/4000/MUG-B", {"Code": "MUG-BLUE"})

    assert desk.get("/products/4000/MUG-BLUE")["Name"] == "Blue mug"
    exact(desk.call("GET", "/products/4000/MUG-B"), 404)
    exact(desk.call("PUT", "/products/4000/MUG-BLUE", {"Code": "MUG-R"}), 400)
