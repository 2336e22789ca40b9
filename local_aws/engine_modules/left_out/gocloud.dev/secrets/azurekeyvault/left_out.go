// Package azurekeyvault stands in for the secrets provider azurekeyvault://, which this engine leaves out.
package azurekeyvault
