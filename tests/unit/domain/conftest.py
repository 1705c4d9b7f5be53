from hypothesis import HealthCheck, settings

# Machines that run several things at once are slow at times; that says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
