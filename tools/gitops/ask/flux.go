package ask

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Expressions are those of one entry of spec.healthCheckExprs of a Flux Kustomization.
type Expressions struct {
	Current    string `json:"current"`
	Failed     string `json:"failed"`
	InProgress string `json:"inProgress"`
}

// judge does what StatusEvaluator of github.com/fluxcd/pkg/runtime/cel does, which wants a newer Go than we build with.
func judge(obj *unstructured.Unstructured, exprs Expressions) (status.Status, error) {
	observed, found, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
	if found && observed != obj.GetGeneration() {
		return status.InProgressStatus, nil
	}
	for _, step := range []struct {
		expression string
		means      status.Status
	}{
		{exprs.InProgress, status.InProgressStatus},
		{exprs.Failed, status.FailedStatus},
		{exprs.Current, status.CurrentStatus},
	} {
		if step.expression == "" {
			continue
		}
		holds, err := evaluate(step.expression, obj.Object)
		if err != nil {
			return "", err
		}
		if holds {
			return step.means, nil
		}
	}
	return status.InProgressStatus, nil
}

func evaluate(expression string, object map[string]any) (bool, error) {
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Encoders(),
	)
	if err != nil {
		return false, err
	}
	ast, issues := env.Parse(expression)
	if issues.Err() != nil {
		return false, issues.Err()
	}
	program, err := env.Program(ast)
	if err != nil {
		return false, err
	}
	value, _, err := program.Eval(object)
	if err != nil {
		return false, err
	}
	holds, isBool := value.Value().(bool)
	if !isBool {
		return false, fmt.Errorf("%q is no yes or no", expression)
	}
	return holds, nil
}
