"""Every tolerance the tests use, each with its reason. Never loosen one to pass: find out why."""
