package sim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxTokens bounds a document, so that a hostile one cannot exhaust memory.
const maxTokens = 100_000

// parseDocument reads a document. What is wrong is reported as Shopify's
// PARSE_ERROR; it does not name the tokens that were expected instead.
func parseDocument(text string) (*ast.QueryDocument, *gqlError) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Name: "document", Input: text}, maxTokens)
	if err == nil && len(doc.Operations)+len(doc.Fragments) > 0 {
		return doc, nil
	}
	at, what := endOf(text), "end of file"
	var parseErr *gqlerror.Error
	if errors.As(err, &parseErr) && len(parseErr.Locations) > 0 {
		at = sourceAt{parseErr.Locations[0].Line, parseErr.Locations[0].Column}
		what = tokenAt(text, at)
		if what == "end of file" {
			at = endOf(text)
		}
	}
	return nil, &gqlError{
		Message:    fmt.Sprintf("syntax error, unexpected %s at [%d, %d]", what, at.Line, at.Column),
		Locations:  []sourceAt{at},
		Extensions: map[string]any{"code": "PARSE_ERROR"},
	}
}

// endOf is where the document's last token starts: Shopify reports an
// unexpected end there.
func endOf(text string) sourceAt {
	last := sourceAt{1, 1}
	lex := lexer.New(&ast.Source{Input: text})
	for {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return last
		}
		if token.Kind != lexer.Comment {
			last = sourceAt{token.Pos.Line, token.Pos.Column}
		}
	}
}

// tokenNames are the names of graphql-ruby's parser for tokens.
var tokenNames = map[lexer.Type]string{
	lexer.Bang: "BANG", lexer.Dollar: "VAR_SIGN", lexer.Amp: "AMP", lexer.ParenL: "LPAREN", lexer.ParenR: "RPAREN",
	lexer.Spread: "ELLIPSIS", lexer.Colon: "COLON", lexer.Equals: "EQUALS", lexer.At: "DIR_SIGN", lexer.BracketL: "LBRACKET",
	lexer.BracketR: "RBRACKET", lexer.BraceL: "LCURLY", lexer.BraceR: "RCURLY", lexer.Pipe: "PIPE", lexer.Name: "IDENTIFIER",
	lexer.Int: "INT", lexer.Float: "FLOAT", lexer.String: "STRING", lexer.BlockString: "STRING",
}

// keywords are tokens of their own in graphql-ruby's grammar.
var keywords = []string{"on", "fragment", "true", "false", "null", "query", "mutation", "subscription", "schema", "scalar", "type", "extend", "implements", "interface", "union", "enum", "input", "directive"}

// tokenAt names the token that stands at a place, as in
// `IDENTIFIER ("shop")`.
func tokenAt(text string, at sourceAt) string {
	lex := lexer.New(&ast.Source{Input: text})
	for {
		token, err := lex.ReadToken()
		switch {
		case err != nil:
			return fmt.Sprintf("invalid token (%s)", compactJSON(token.Value))
		case token.Kind == lexer.EOF:
			return "end of file"
		case token.Pos.Line == at.Line && token.Pos.Column == at.Column && token.Kind != lexer.Comment:
			return tokenName(token)
		}
	}
}

func tokenName(token lexer.Token) string {
	value := token.Value
	if value == "" {
		value = token.Kind.String()
	}
	name := tokenNames[token.Kind]
	for _, k := range keywords {
		if token.Kind == lexer.Name && value == k {
			name = strings.ToUpper(k)
		}
	}
	return fmt.Sprintf("%s (%s)", name, compactJSON(value))
}
