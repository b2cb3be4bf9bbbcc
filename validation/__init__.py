"""How right it is: the live engine on recordings with force-plate truth."""
