"""The four services of Minsheng and the kit that they share."""
