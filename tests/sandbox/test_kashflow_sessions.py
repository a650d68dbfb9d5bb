import pytest

from tests.sandbox.kashflow_desk import CREDENTIALS, Desk, answered, exact

WRONG = {**CREDENTIALS, "Password": "guess"}


def error_of(response, status):
    return exact(response, status)["Error"]


def test_login_with_password_and_characters_opens_a_session():
    desk = Desk()

    desk.log_in()

    assert desk.get("/customers")["MetaData"]["TotalRecords"] == 0


def test_login_with_lower_case_keys_and_upper_case_characters_opens_a_session():
    desk = Desk()
    step = exact(
        desk.call("POST", "/sessiontoken", {"username": "api@shop.example", "password": "sandbox-password"}),
        201,
    )
    characters = answered(step)
    for item in characters["MemorableWordList"]:
        item["Value"] = item["Value"].upper()

    assert exact(desk.call("PUT", "/sessiontoken", characters), 200)["SessionToken"]


def test_login_step_1_asks_for_three_different_positions_of_the_word():
    step = exact(Desk().call("POST", "/sessiontoken", CREDENTIALS), 201)

    positions = [item["Position"] for item in step["MemorableWordList"]]
    assert len(set(positions)) == 3
    assert set(positions) <= set(range(1, 8))


def test_login_step_1_when_switched_to_200_answers_200():
    exact(Desk(login_step_1="temporary_token_200").call("POST", "/sessiontoken", CREDENTIALS), 200)


def test_login_step_1_when_switched_to_direct_gives_a_working_session():
    desk = Desk(login_step_1="session_token_at_once")
    token = exact(desk.call("POST", "/sessiontoken", CREDENTIALS), 201)["SessionToken"]
    desk.http.headers["Authorization"] = f"KfToken {token}"

    desk.get("/customers")


@pytest.mark.parametrize(
    ("switches", "seconds"), [({}, 301), ({"temporary_token": "expired_at_once"}, 0)], ids=["late", "at once"]
)
def test_temporary_token_when_expired_is_refused(switches, seconds):
    desk = Desk(**switches)
    step = exact(desk.call("POST", "/sessiontoken", CREDENTIALS), 201)
    desk.clock.sleep(seconds)

    assert error_of(desk.call("PUT", "/sessiontoken", answered(step)), 401) == "InvalidSessionToken"


def test_temporary_token_when_used_twice_is_refused():
    desk = Desk()
    step = exact(desk.call("POST", "/sessiontoken", CREDENTIALS), 201)
    exact(desk.call("PUT", "/sessiontoken", answered(step)), 200)

    assert error_of(desk.call("PUT", "/sessiontoken", answered(step)), 401) == "InvalidSessionToken"


@pytest.mark.parametrize(("position", "status"), [("invalid_credentials_400", 400), ("invalid_credentials_401", 401)])
def test_password_when_wrong_answers_by_switch(position, status):
    desk = Desk(bad_password=position)

    assert error_of(desk.call("POST", "/sessiontoken", WRONG), status) == "InvalidCredentials"


@pytest.mark.parametrize(("position", "status"), [("invalid_credentials_400", 400), ("invalid_credentials_401", 401)])
def test_characters_when_wrong_answer_by_switch(position, status):
    desk = Desk(wrong_memorable_word=position)
    step = exact(desk.call("POST", "/sessiontoken", CREDENTIALS), 201)
    characters = answered(step)
    characters["MemorableWordList"][0]["Value"] = "!"

    assert error_of(desk.call("PUT", "/sessiontoken", characters), status) == "InvalidCredentials"


def test_lock_after_the_third_failure_holds_ten_minutes_even_for_the_right_password():
    desk = Desk()

    assert [error_of(desk.call("POST", "/sessiontoken", WRONG), 400) for _ in range(2)] == ["InvalidCredentials"] * 2
    assert error_of(desk.call("POST", "/sessiontoken", WRONG), 401) == "AccountLocked"
    assert error_of(desk.call("POST", "/sessiontoken", CREDENTIALS), 401) == "AccountLocked"
    desk.clock.sleep(601)
    desk.log_in()


def test_lock_counts_only_failures_running():
    desk = Desk()
    for _ in range(2):
        desk.call("POST", "/sessiontoken", WRONG)
    desk.log_in()

    assert error_of(desk.call("POST", "/sessiontoken", WRONG), 400) == "InvalidCredentials"


@pytest.mark.parametrize("header", [None, "KfToken", "KfToken nonsense", "Bearer 1", ""])
def test_call_without_a_living_session_answers_the_same_401(header):
    desk = Desk()
    if header is not None:
        desk.http.headers["Authorization"] = header

    assert exact(desk.call("GET", "/customers"), 401) == {
        "Error": "InvalidSessionToken",
        "Message": "Session token provided is invalid.",
    }


def test_session_when_idle_for_more_than_an_hour_is_dead():
    desk = Desk()
    desk.log_in()
    for _ in range(3):
        desk.clock.sleep(3500)
        desk.get("/customers")

    desk.clock.sleep(3601)

    assert error_of(desk.call("GET", "/customers"), 401) == "InvalidSessionToken"


def test_session_under_absolute_life_dies_although_it_is_used():
    desk = Desk(session_life="absolute_60_minutes")
    desk.log_in()
    desk.clock.sleep(3500)
    desk.get("/customers")
    desk.clock.sleep(200)

    assert error_of(desk.call("GET", "/customers"), 401) == "InvalidSessionToken"


def test_session_killed_mid_run_serves_twenty_five_calls():
    desk = Desk(session_life="killed_mid_run")
    desk.log_in()
    for _ in range(25):
        desk.get("/currencies")

    assert error_of(desk.call("GET", "/currencies"), 401) == "InvalidSessionToken"


@pytest.mark.parametrize(("position", "status"), [("many", 200), ("one", 401)])
def test_session_after_a_second_login_lives_by_switch(position, status):
    desk = Desk(sessions_per_user=position)
    first = desk.log_in()
    desk.log_in()
    desk.http.headers["Authorization"] = f"KfToken {first}"

    exact(desk.call("GET", "/customers"), status)


@pytest.mark.parametrize(
    ("position", "by_path", "by_header"),
    [("both_forms", 200, 200), ("path_form_only", 200, 404), ("header_form_only", 404, 200)],
)
def test_logout_in_each_form_answers_by_switch(position, by_path, by_header):
    desk = Desk(logout=position)

    token = desk.log_in()
    exact(desk.call("DELETE", f"/sessiontoken/{token}"), by_path)
    assert desk.call("GET", "/customers").status_code == (401 if by_path == 200 else 200)
    desk.log_in()
    exact(desk.call("DELETE", "/sessiontoken"), by_header)
    assert desk.call("GET", "/customers").status_code == (401 if by_header == 200 else 200)


@pytest.mark.parametrize("access", ["off", "address_blocked"])
@pytest.mark.parametrize("status", ["401", "403"])
def test_access_when_closed_refuses_login_by_switch(access, status):
    desk = Desk(rest_access=access, rest_access_answer=status)

    assert error_of(desk.call("POST", "/sessiontoken", CREDENTIALS), int(status)) != "InvalidSessionToken"
