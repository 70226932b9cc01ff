package main

import (
	"fmt"
	"reflect"
	"strings"

	"teal.dev/teal/internal/config"
)

// effective turns a part of the config into plain maps, lists and words under the names of the files, its secrets masked.
func effective(v any) any { return effectiveValue(reflect.ValueOf(v)) }

func effectiveValue(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		return effectiveValue(v.Elem())
	}
	switch own := v.Interface().(type) {
	case config.Secret:
		return masked(own)
	case config.Percent:
		return fmt.Sprintf("%g%%", float64(own)*100)
	case config.MapFile:
		if own == "" {
			return "none"
		}
		return string(own)
	case fmt.Stringer:
		return own.String()
	}
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if key == "" {
				continue
			}
			if value := effectiveValue(v.Field(i)); value != nil && value != "" {
				out[key] = value
			}
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = effectiveValue(v.MapIndex(key))
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, effectiveValue(v.Index(i)))
		}
		return out
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// masked shows a reference and hides everything else.
func masked(s config.Secret) string {
	reference := s.Reference()
	if reference == "" || strings.HasPrefix(reference, "env:") || strings.HasPrefix(reference, "file:") {
		return reference
	}
	return s.String()
}
