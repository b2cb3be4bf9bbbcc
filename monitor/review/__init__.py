"""What follows from a finished session: comparisons, texts, the next plan.  It knows neither sinks nor
simulation.
"""
