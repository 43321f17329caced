"""Money: the ways to pay an order, what came in, and what that makes of ``payment_status`` (product.md §8).

states     what a set of receipts makes of an order (pure)
receipts   every rupiah in and out, recorded once, taken back with a trace, differences settled
ways       opening, issuing, replacing and closing ways to pay
methods    another payment method, with the fees that belong to it
proofs     pictures of transfers
clocks     asking the gateway, expiring
moves      what a move along the status axis does to the money
"""
