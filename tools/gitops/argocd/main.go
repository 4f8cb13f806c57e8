// Command argocd answers the questions of package ask with the evaluator of Argo CD itself.
package main

import (
	"errors"
	"fmt"
	"os"
	"sort"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"digicert-operator/tools/gitops/ask"
)

func main() {
	if err := ask.Serve(engine{}, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// engine opens no further libraries, as for scripts of argocd-cm without useOpenLibs.
type engine struct{ vm lua.VM }

func (e engine) Health(obj *unstructured.Unstructured, script string) (*ask.Health, error) {
	health, err := e.vm.ExecuteHealthLua(obj, script)
	if err != nil {
		return nil, err
	}
	if health == nil {
		return nil, errors.New("the script returned nothing")
	}
	return &ask.Health{Status: string(health.Status), Message: health.Message}, nil
}

func (e engine) Discover(obj *unstructured.Unstructured, script string) ([]ask.Action, error) {
	found, err := e.vm.ExecuteResourceActionDiscovery(obj, []string{script})
	if err != nil {
		return nil, err
	}
	actions := make([]ask.Action, 0, len(found))
	for _, action := range found {
		actions = append(actions, ask.Action{Name: action.Name, Disabled: action.Disabled})
	}
	sort.Slice(actions, func(a, b int) bool { return actions[a].Name < actions[b].Name })
	return actions, nil
}

func (e engine) Act(obj *unstructured.Unstructured, script string) (*unstructured.Unstructured, error) {
	impacted, err := e.vm.ExecuteResourceAction(obj, script, nil)
	if err != nil {
		return nil, err
	}
	if len(impacted) != 1 || impacted[0].K8SOperation != lua.PatchOperation {
		return nil, fmt.Errorf("wanted one patch, got %d operations", len(impacted))
	}
	return impacted[0].UnstructuredObj, nil
}
