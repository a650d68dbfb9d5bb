import pytest

from tests.sandbox.kashflow_desk import exact, open_desk


def test_project_is_posted_numbered_changed_and_used_on_an_invoice():
    desk = open_desk()
    number = desk.post("/projects", {"Name": "Autumn fair"})["Number"]

    desk.put(f"/projects/{number}", {"Note": "stall 7"})

    project = desk.get(f"/projects/{number}")
    assert (project["Name"], project["Note"]) == ("Autumn fair", "stall 7")
    assert desk.new_invoice(ProjectNumber=number)["ProjectName"] == "Autumn fair"
    exact(desk.call("POST", "/projects", {"Name": "Again", "Number": number}), 400)


def test_source_is_created_found_by_name_and_shown_on_the_customer():
    desk = open_desk()
    source_id = desk.post("/sources/createSource", {"Name": "Fair"})["Id"]

    assert desk.get("/sources/getSource?sourceName=fair")["Id"] == source_id
    assert desk.new_customer("WEB2", Source=source_id)["SourceName"] == "Fair"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects", {}),
        ("/sources/createSource", {}),
        ("/nominals", {"Code": 4020}),
        ("/products", {"NominalCode": 4000, "Code": "X"}),
        ("/products", {"NominalCode": 1, "Code": "X", "Name": "No nominal"}),
        ("/customers/WEB1/notes", {"Text": ""}),
        ("/invoices/bulk/payments", {"PaymentItems": []}),
    ],
)
def test_post_without_what_it_needs_is_refused(path, body):
    exact(open_desk().call("POST", path, body), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/projects/9",
        "/sources/getSource?sourceName=none",
        "/nominals/1",
        "/nominals/Id/1",
        "/bankaccounts/1",
        "/customers/NOBODY/notes",
        "/customers/WEB1/notes/1",
        "/invoices/9/notes",
    ],
)
def test_get_of_what_is_not_there_answers_404(path):
    exact(open_desk().call("GET", path), 404)


def test_note_on_a_customer_is_read_by_its_number():
    desk = open_desk()
    desk.post("/customers/WEB1/notes", {"Text": "rings twice"})

    assert desk.get("/customers/WEB1/notes/1")["Text"] == "rings twice"


def test_nominals_are_searched_by_text_and_type():
    desk = open_desk()

    assert [nominal["Code"] for nominal in desk.get("/nominals?searchText=deliv")] == [4001]
    assert [nominal["Code"] for nominal in desk.get("/nominals?type=Bank")] == [1200, 1202]


def test_product_renamed_by_put_moves_to_its_new_key():
    desk = open_desk()

    desk.put("/products/4000/MUG-B", {"Code": "MUG-BLUE"})

    assert desk.get("/products/4000/MUG-BLUE")["Name"] == "Blue mug"
    exact(desk.call("GET", "/products/4000/MUG-B"), 404)
    exact(desk.call("PUT", "/products/4000/MUG-BLUE", {"Code": "MUG-R"}), 400)
