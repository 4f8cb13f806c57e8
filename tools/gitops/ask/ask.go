// Package ask answers questions about objects: what Lua scripts of Argo CD make of them, what kstatus
// does, and what Flux does by expressions.
package ask

import (
	"encoding/json"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Health is what a health script returns.
type Health struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// Action is one entry of what a discovery script returns.
type Action struct {
	Name     string `json:"name"`
	Disabled bool   `json:"disabled,omitempty"`
}

// Engine runs scripts as Argo CD does.
type Engine interface {
	Health(obj *unstructured.Unstructured, script string) (*Health, error)
	Discover(obj *unstructured.Unstructured, script string) ([]Action, error)
	// Act gives the object that Argo CD would make its patch from.
	Act(obj *unstructured.Unstructured, script string) (*unstructured.Unstructured, error)
}

type question struct {
	Ask    string                    `json:"ask"`
	Object unstructured.Unstructured `json:"object"`
	Script string                    `json:"script"`
	Exprs  Expressions               `json:"exprs"`
}

type answer struct {
	Result any    `json:"result,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Serve reads a JSON list of questions and writes the list of their answers.
func Serve(engine Engine, in io.Reader, out io.Writer) error {
	var questions []question
	if err := json.NewDecoder(in).Decode(&questions); err != nil {
		return fmt.Errorf("reading the questions: %w", err)
	}
	answers := make([]answer, len(questions))
	for at, asked := range questions {
		result, err := answerTo(engine, asked)
		if err != nil {
			answers[at] = answer{Error: err.Error()}
			continue
		}
		answers[at] = answer{Result: result}
	}
	return json.NewEncoder(out).Encode(answers)
}

func answerTo(engine Engine, asked question) (any, error) {
	switch asked.Ask {
	case "health":
		return engine.Health(&asked.Object, asked.Script)
	case "discover":
		return engine.Discover(&asked.Object, asked.Script)
	case "act":
		return engine.Act(&asked.Object, asked.Script)
	case "kstatus":
		computed, err := status.Compute(&asked.Object)
		if err != nil {
			return nil, err
		}
		return Health{Status: computed.Status.String(), Message: computed.Message}, nil
	case "flux":
		judged, err := judge(&asked.Object, asked.Exprs)
		if err != nil {
			return nil, err
		}
		return Health{Status: judged.String()}, nil
	default:
		return nil, fmt.Errorf("nobody knows how to ask %q", asked.Ask)
	}
}
