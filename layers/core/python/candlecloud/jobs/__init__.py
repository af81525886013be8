"""One use case per module: ``Request.from_event(event)``, ``run(request, context)``, ``Report.to_dict()``."""
