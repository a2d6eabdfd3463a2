"""What travels over HTTP. Unknown fields are refused; amounts are strings with two places."""
