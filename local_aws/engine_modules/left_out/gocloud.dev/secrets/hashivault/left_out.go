// Package hashivault stands in for the secrets provider hashivault://, which this engine leaves out.
package hashivault
