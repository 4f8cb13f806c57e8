// Command gitops answers the questions of package ask with the Lua library that Argo CD uses, opened as Argo CD opens
// it: base, table, package, and of os only time and date. It builds in seconds; argocd/ holds the same program with
// Argo CD's own evaluator.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"

	"digicert-operator/tools/gitops/ask"
)

func main() {
	if err := ask.Serve(engine{}, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Argo CD ends a script after this time.
const limit = time.Second

type engine struct{}

func (engine) Health(obj *unstructured.Unstructured, script string) (*ask.Health, error) {
	health := &ask.Health{}
	if err := run(obj, script, health); err != nil {
		return nil, err
	}
	switch health.Status {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
		return health, nil
	default:
		return nil, fmt.Errorf("Lua returned an invalid health status %q", health.Status)
	}
}

func (engine) Discover(obj *unstructured.Unstructured, script string) ([]ask.Action, error) {
	found := map[string]json.RawMessage{}
	if err := run(obj, script, &found); err != nil {
		return nil, err
	}
	actions := make([]ask.Action, 0, len(found))
	for name, value := range found {
		action := ask.Action{Name: name}
		// An entry without anything in it is an empty list for Lua.
		if string(value) != "[]" {
			if err := json.Unmarshal(value, &action); err != nil {
				return nil, fmt.Errorf("action %s: %w", name, err)
			}
		}
		actions = append(actions, action)
	}
	sort.Slice(actions, func(a, b int) bool { return actions[a].Name < actions[b].Name })
	return actions, nil
}

func (engine) Act(obj *unstructured.Unstructured, script string) (*unstructured.Unstructured, error) {
	changed := &unstructured.Unstructured{}
	if err := run(obj, script, &changed.Object); err != nil {
		return nil, err
	}
	return changed, nil
}

// run executes a script on an object and decodes the table that it returns.
func run(obj *unstructured.Unstructured, script string, into any) error {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	open(l)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	l.SetContext(ctx)
	l.SetGlobal("actionParams", l.NewTable())
	l.SetGlobal("obj", toLua(l, obj.Object))
	if err := l.DoString(script); err != nil {
		return err
	}
	returned := l.Get(-1)
	if returned.Type() != lua.LTTable {
		return fmt.Errorf("expect table output from Lua script, not %s", returned.Type())
	}
	text, err := luajson.Encode(returned)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func open(l *lua.LState) {
	for name, library := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage,
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	} {
		l.Push(l.NewFunction(library))
		l.Push(lua.LString(name))
		l.Call(1, 0)
	}
	l.PreloadModule(lua.OsLibName, clock)
}

// clock is what is left of os. There is no global of that name: a script has to require it.
func clock(l *lua.LState) int {
	l.Push(l.NewFunction(lua.OpenOs))
	l.Call(0, 1)
	all := l.CheckTable(-1)
	safe := l.NewTable()
	for _, name := range []string{"time", "date"} {
		safe.RawSetString(name, all.RawGetString(name))
	}
	l.SetGlobal(lua.OsLibName, lua.LNil)
	l.Push(safe)
	return 1
}

func toLua(l *lua.LState, value any) lua.LValue {
	switch known := value.(type) {
	case bool:
		return lua.LBool(known)
	case float64:
		return lua.LNumber(known)
	case int64:
		return lua.LNumber(known)
	case string:
		return lua.LString(known)
	case []any:
		list := l.CreateTable(len(known), 0)
		for _, item := range known {
			list.Append(toLua(l, item))
		}
		return list
	case map[string]any:
		table := l.CreateTable(0, len(known))
		for key, item := range known {
			table.RawSetString(key, toLua(l, item))
		}
		return table
	default:
		return lua.LNil
	}
}
