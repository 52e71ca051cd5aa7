"""The stack of one tenant, in CDK: it reads build/, statemachines/ and tenants/, and imports no room."""
