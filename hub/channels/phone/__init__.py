"""Phone (电话): urgent notices are read out by the tenant's own call service, behind a signed webhook."""
