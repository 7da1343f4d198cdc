"""Checking an order on the page: what is missing, what is held, what is let through."""


def fill_in(at, product="P1", quantity=60.0, price=13.4):
    at.selectbox(key="entry_customer").set_value("C1")
    row = {"product_id": product, "quantity": quantity, "unit_price": price}
    at.session_state["entry_lines"] = {"edited_rows": {0: row}, "added_rows": [], "deleted_rows": []}
    button = next(button for button in at.button if button.label == "Check")
    button.click().run()
    return at


def test_an_empty_form_is_not_checked(filled, visit):
    at = visit(filled, "check_order", role="order_entry")
    next(button for button in at.button if button.label == "Check").click().run()
    assert "Choose a customer" in at.warning[0].value


def test_a_price_a_hundred_times_too_high_holds_the_order(filled, visit):
    at = fill_in(visit(filled, "check_order", role="order_entry"), price=1340.0)
    assert not at.exception
    assert at.error
    assert "Hold this order" in str(at.error[0].proto)
    assert any("1,340" in str(part.value) for part in at.markdown)


def test_an_order_as_usual_may_be_entered(filled, visit):
    at = fill_in(visit(filled, "check_order", role="order_entry"))
    assert not at.exception
    assert "Enter this order" in str(at.success[0].proto)


def test_where_a_customers_last_order_went_is_filled_in(filled, visit):
    with filled.warehouse.read() as source:
        [usual] = source.execute(
            "select ship_to_city, channel from orders where customer_id = 'C1' and coalesce(status, '') <> 'cancelled' "
            "order by ordered_at desc, order_id desc limit 1"
        ).fetchall()
    at = visit(filled, "check_order", role="order_entry")
    at.selectbox(key="entry_customer").set_value("C1").run()
    assert not at.exception
    assert (at.text_input(key="entry_ship_to_city").value, at.text_input(key="entry_channel").value) == usual
    assert all(usual)
    at.selectbox(key="entry_customer").set_value(None).run()
    assert at.text_input(key="entry_ship_to_city").value == ""
