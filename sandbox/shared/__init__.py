"""What both sandbox servers share: switches, faults, call counts, control routes, exact JSON, keeping, the launcher.

A server is put together in its `create_app` like this (the gate is added last, so it is the outermost):

    switches = Switches(SWITCHES, at_start)
    faults = Faults(Random(seed), own_kind="expire_session")
    calls = Calls()
    app = FastAPI(openapi_url=None)
    keep = Keeper(file, shared=(clock, switches), snapshot=snapshot, restore=restore)
    app.include_router(control_routes(switches, faults, calls, reset, keep))
    app.add_middleware(Gate, faults=faults, calls=calls, clock=clock, end_session=end_session, label=label)

and started in its `__main__` with `launch(SWITCHES, create_app)`. `running(app)` serves it from a thread for
tests; `MemoryTransport` calls a plain handler without any network.
"""
