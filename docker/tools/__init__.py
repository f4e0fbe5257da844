"""What the scripts in docker/ do on the machine that deploys: Python 3.11, its standard library, the docker CLI."""
