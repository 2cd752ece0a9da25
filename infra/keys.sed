# Makes of template.yaml the template whose tokens a function checks by a key set that was given to it, and not API Gateway by what it
# asks of the issuer (docs/deploy-china.md): `infra/build --authorizer keys` builds it. SAM knows no condition for an API's authorizer.
/ #jwt$/d
s/^\( *\)#keys /\1/
