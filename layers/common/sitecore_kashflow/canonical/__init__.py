"""The bridge's own model of orders, customers and documents, and the arithmetic of money. Pure."""
