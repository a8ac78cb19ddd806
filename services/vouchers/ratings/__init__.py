"""What enterprises think of the services they bought with vouchers."""
