"""Applications for vouchers: asked for by the enterprise, reviewed, and issued by approval (4.3-2)."""
