"""DynamoDB: items, conditions, moments, parts. The one place that knows them."""
