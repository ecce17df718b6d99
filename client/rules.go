package client

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// record finds numbers in generated structs by the names that they have on the wire. A
// number in an inner struct is named by the struct's name, a point and its own name.
type record []reflect.Value // structs that can be set

// field finds a number, or an account, by its name.
func (r record) field(name string) (reflect.Value, error) {
	for _, in := range r {
		if v, found := descend(in, name); found {
			return v, nil
		}
	}
	return reflect.Value{}, fmt.Errorf("the chain has no parameter %q", name)
}

func descend(in reflect.Value, name string) (reflect.Value, bool) {
	first, rest, more := strings.Cut(name, ".")
	for field, value := range in.Fields() {
		switch {
		case !strings.Contains(field.Tag.Get("protobuf")+",", ",name="+first+","):
		case more && value.Kind() == reflect.Struct:
			return descend(value, rest)
		default:
			return value, !more && value.Kind() != reflect.Struct
		}
	}
	return reflect.Value{}, false
}

// text is a parameter as people write it; empty where there is none.
func (r record) text(p spec.Parameter) string {
	v, err := r.field(p.Name)
	switch {
	case err != nil:
		return ""
	case v.Kind() == reflect.String && v.Len() == 0:
		return spec.NoAccount
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return p.Text(uint64(v.Int())) //nolint:gosec // no parameter is negative
	}
	return p.Text(v.Uint())
}

// set makes a parameter what people wrote.
func (r record) set(p spec.Parameter, value string) error {
	v, err := r.field(p.Name)
	if err != nil {
		return err
	}
	n, err := p.Parse(value)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", p.Name, err)
	case v.Kind() == reflect.String && value == spec.NoAccount:
		v.SetString("")
	case v.Kind() == reflect.String:
		if err := CheckAddress(value); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		v.SetString(value)
	case v.CanInt():
		v.SetInt(int64(n)) //nolint:gosec // Parse bounds it
	case v.OverflowUint(n):
		return fmt.Errorf("%s: %s is too large", p.Name, value)
	default:
		v.SetUint(n)
	}
	return nil
}

func recordOf(parts ...any) (r record) {
	for _, p := range parts {
		r = append(r, reflect.ValueOf(p).Elem())
	}
	return r
}

// rules returns the parameters of a module as they are, and the message that would leave
// them so. The record points into the message: to set a parameter in the record sets it there.
func (c *Client) rules(ctx context.Context, module string) (record, sdk.Msg, error) {
	var (
		by    = Authority()
		query = func(method string, req, resp proto.Message) error {
			return c.query(ctx, "/althing."+module+".v1.Query/"+method, req, resp)
		}
	)
	switch module {
	case "dao":
		var resp daopb.QueryParamsResponse
		err := query("Params", &daopb.QueryParams{}, &resp)
		m := &daopb.MsgUpdateParams{Authority: by, Params: resp.Params, Rules: resp.Rules}
		return recordOf(&m.Params, &m.Rules), m, err
	case "fee":
		var resp feepb.QueryParamsResponse
		err := query("Params", &feepb.QueryParams{}, &resp)
		m := &feepb.MsgUpdateParams{Authority: by, Params: resp.Params}
		return recordOf(&m.Params), m, err
	case "node":
		var resp nodepb.QueryParamsResponse
		err := query("Params", &nodepb.QueryParams{}, &resp)
		m := &nodepb.MsgUpdateParams{Authority: by, Params: resp.Params}
		return recordOf(&m.Params), m, err
	case "task":
		var resp taskpb.QueryTariffResponse
		err := query("Tariff", &taskpb.QueryTariff{}, &resp)
		m := &taskpb.MsgUpdateParams{Authority: by, Tariff: resp.Tariff}
		return recordOf(&m.Tariff), m, err
	case "timelock":
		var resp timelockpb.QueryParamsResponse
		err := query("Params", &timelockpb.QueryParams{}, &resp)
		m := &timelockpb.MsgUpdateParams{Authority: by, Params: resp.Params}
		return recordOf(&m.Params), m, err
	}
	return nil, nil, fmt.Errorf("the chain has no module %q whose rules a vote changes", module)
}

// settingsOf lists the parameters in a message that replaces rules.
func settingsOf(module string, r record) (settings spec.Settings) {
	for _, p := range spec.Parameters(module) {
		settings = append(settings, spec.Setting{Name: p.Name, Value: r.text(p)})
	}
	return settings
}
