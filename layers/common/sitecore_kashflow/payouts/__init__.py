"""Payouts of payment gateways: read from files, matched with the books, and booked. Pure, but for reading a stream."""
