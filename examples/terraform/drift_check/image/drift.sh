#!/bin/sh
# Ends with 0 without drift, with 2 when something differs, and with 1 when Terraform fails.
terraform -chdir=infrastructure init -input=false -no-color >/dev/null || exit 1
exec terraform -chdir=infrastructure plan -detailed-exitcode -input=false -lock=false -no-color
