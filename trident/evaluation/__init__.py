"""What models answer, what that costs, and what it is compared with."""
