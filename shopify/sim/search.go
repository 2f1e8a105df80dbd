package sim

import (
	"strings"
	"unicode"
)

// The search syntax of connections' query arguments, as far as catalogs need
// it: terms, field:value with comparators, quotes, prefixes ("abc*"), AND, OR,
// NOT, "-" and parentheses (https://shopify.dev/docs/api/usage/search-syntax).

// term is one condition. field is "" for a search in all fields; op is "", "<",
// "<=", ">" or ">=".
type term struct {
	field  string
	op     string
	value  string
	quoted bool
}

// query is a parsed search: and/or over its parts, or a single term.
type query struct {
	any     bool // or instead of and
	negated bool
	parts   []*query
	term    *term
}

// matches evaluates the query; match decides single terms.
func (q *query) matches(match func(term) bool) bool {
	if q.term != nil {
		return match(*q.term) != q.negated
	}
	for _, p := range q.parts {
		if p.matches(match) == q.any {
			return q.any != q.negated
		}
	}
	return (!q.any || len(q.parts) == 0) != q.negated
}

// without gives the query less the terms drop names; a part that loses all its
// terms disappears. It is nil when nothing remains.
func (q *query) without(drop func(term) bool) *query {
	if q.term != nil {
		if drop(*q.term) {
			return nil
		}
		return q
	}
	kept := &query{any: q.any, negated: q.negated}
	for _, p := range q.parts {
		if p = p.without(drop); p != nil {
			kept.parts = append(kept.parts, p)
		}
	}
	if len(kept.parts) == 0 {
		return nil
	}
	return kept
}

// terms lists the conditions of a query in order.
func (q *query) terms() []term {
	if q.term != nil {
		return []term{*q.term}
	}
	var out []term
	for _, p := range q.parts {
		out = append(out, p.terms()...)
	}
	return out
}

// parseQuery reads a search. Nothing is an error: what makes no sense is read
// as text, as Shopify does.
func parseQuery(s string) *query {
	p := &queryParser{tokens: queryTokens(s)}
	q := p.or()
	for p.pos < len(p.tokens) { // stray closing parentheses
		p.pos++
		if rest := p.or(); rest.term != nil || len(rest.parts) > 0 {
			q = &query{parts: []*query{q, rest}}
		}
	}
	return q
}

type queryParser struct {
	tokens []queryToken
	pos    int
}

// queryToken is a word with its quotes taken off, or a parenthesis.
type queryToken struct {
	text   string
	colon  int // index of the field's colon, -1 without
	quoted bool
	paren  byte
}

func (p *queryParser) or() *query {
	parts := []*query{p.and()}
	for p.peekWord("OR") {
		p.pos++
		parts = append(parts, p.and())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &query{any: true, parts: parts}
}

func (p *queryParser) and() *query {
	q := &query{}
	for p.pos < len(p.tokens) {
		t := p.tokens[p.pos]
		if t.paren == ')' || p.peekWord("OR") {
			break
		}
		if p.peekWord("AND") {
			p.pos++
			continue
		}
		q.parts = append(q.parts, p.not())
	}
	if len(q.parts) == 1 {
		return q.parts[0]
	}
	return q
}

func (p *queryParser) not() *query {
	negate := false
	for p.peekWord("NOT") && p.pos+1 < len(p.tokens) {
		negate = !negate
		p.pos++
	}
	t := p.tokens[p.pos]
	p.pos++
	var q *query
	if t.paren == '(' {
		q = p.or()
		if p.pos < len(p.tokens) {
			p.pos++
		}
	} else {
		q = t.query()
	}
	if negate {
		return &query{negated: true, parts: []*query{q}}
	}
	return q
}

func (p *queryParser) peekWord(w string) bool {
	return p.pos < len(p.tokens) && p.tokens[p.pos].text == w && !p.tokens[p.pos].quoted && p.tokens[p.pos].paren == 0
}

func (t queryToken) query() *query {
	text, negated := t.text, false
	if strings.HasPrefix(text, "-") && len(text) > 1 && t.colon != 0 {
		text, negated = text[1:], true
		t.colon--
	}
	out := term{value: text, quoted: t.quoted}
	if t.colon > 0 {
		out.field, out.value = text[:t.colon], text[t.colon+1:]
		for _, op := range []string{">=", "<=", ">", "<"} {
			if v, ok := strings.CutPrefix(out.value, op); ok {
				out.op, out.value = op, v
				break
			}
		}
	}
	return &query{term: &out, negated: negated}
}

// queryTokens splits a search into words and parentheses; quotes group and may
// begin after a field's colon or comparator.
func queryTokens(s string) []queryToken {
	var out []queryToken
	var b strings.Builder
	word := queryToken{colon: -1}
	flush := func() {
		if b.Len() > 0 || word.quoted {
			word.text = b.String()
			out = append(out, word)
		}
		b.Reset()
		word = queryToken{colon: -1}
	}
	var quote rune
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				b.WriteRune(r)
			}
		case (r == '\'' || r == '"') && opensQuote(b.String()):
			quote, word.quoted = r, true
		case r == '(' && b.Len() == 0, r == ')':
			flush()
			out = append(out, queryToken{paren: byte(r), colon: -1})
		case unicode.IsSpace(r):
			flush()
		default:
			if r == ':' && word.colon < 0 {
				word.colon = b.Len()
			}
			b.WriteRune(r)
		}
	}
	flush()
	return out
}

// opensQuote tells whether a quote here begins a quoted value; in the middle
// of a word it is an apostrophe.
func opensQuote(before string) bool {
	return before == "" || strings.ContainsAny(before[len(before)-1:], ":<>=-")
}
