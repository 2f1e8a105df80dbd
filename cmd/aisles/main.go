// Command aisles holds partners' catalogs and keeps their Shopify shops in
// step. One binary has every role: `aisles up` is all of them in one process,
// serve and phido are one each, and the other commands are clients of the API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/internal/db"
)

// command is the command line. Each flag can be set by its environment
// variable, or in aisles.toml by the flag's name; a flag wins over the
// environment, and that over the file.
type command struct {
	Data  string `help:"Folder of databases, keys and tokens." default:"./aisles-data" env:"AISLES_DATA" type:"path" placeholder:"DIR"`
	URL   string `help:"Where the API is. Default: what 'aisles up' wrote to the data folder, else http://127.0.0.1:8080." env:"AISLES_URL" placeholder:"URL"`
	Token string `help:"API token; better given by the environment. Default: the operator token in the data folder." env:"AISLES_TOKEN" placeholder:"TOKEN"`

	Up         upCommand         `cmd:"" help:"Run everything in one process, on embedded databases."`
	Serve      serveCommand      `cmd:"" help:"Run the API and the Admin (needs PostgreSQL)."`
	Phido      phidoCommand      `cmd:"" help:"Run the sync (needs PostgreSQL)."`
	ShopifySim shopifySimCommand `cmd:"" name:"shopify-sim" help:"Run simulated Shopify shops."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the databases' schemas up to date."`

	Partner partnerCommand `cmd:"" help:"Add, list, show and remove partners."`
	Connect connectCommand `cmd:"" help:"Connect a partner to its Shopify shop, or change the connection's settings."`
	Import  importCommand  `cmd:"" help:"Load a feed into a partner's catalog."`
	Sync    syncCommand    `cmd:"" help:"Bring shops in step now."`
	Runs    runsCommand    `cmd:"" help:"List runs, or show one with its actions."`
	Why     whyCommand     `cmd:"" help:"Tell why a product is, or is not, in its shop."`
	Approve approveCommand `cmd:"" help:"Let a held run go on."`
	Reject  rejectCommand  `cmd:"" help:"Leave the shop as it is instead of what a held run would do."`
	Retry   retryCommand   `cmd:"" help:"Try products again that were set aside."`
	Mode    modeCommand    `cmd:"" help:"Show or switch how syncs are run."`
	APIKey  tokenCommand   `cmd:"" name:"token" help:"Create, list and revoke API tokens."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// env is what commands share: the streams, the context that ends with the
// process, and the global flags.
type env struct {
	ctx    context.Context
	out    io.Writer // data
	err    io.Writer // progress and messages
	in     io.Reader
	global *command
}

// Exit statuses, kept for scripts.
const (
	exitError       = 1
	exitUsage       = 2
	exitPartly      = 3
	exitHeld        = 5
	exitUnreachable = 10
	exitLocked      = 11
	exitInterrupted = 130
)

const description = `Aisles holds many partners' product catalogs and keeps each partner's Shopify shop in step with its catalog.`

const exitStatuses = `
EXIT STATUS
  0 done · 1 error · 2 usage · 3 partly done (some rows or products rejected or failed) · 5 held for approval
  10 unreachable · 11 another process holds this data folder · 130 interrupted`

// exit is an error with the status it ends the process with.
type exit struct {
	status int
	err    error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func exitf(status int, format string, args ...any) error {
	return &exit{status, fmt.Errorf(format, args...)}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program without the process.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	var cmd command
	status := -1
	parser, err := newParser(&cmd, out, errs, func(code int) { status = code })
	if err != nil {
		fmt.Fprintln(errs, "aisles:", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if status >= 0 {
		return status // help was asked for, and printed
	}
	if err != nil {
		fmt.Fprintf(errs, "aisles: %v\nTry 'aisles --help'.\n", err)
		return exitUsage
	}
	e := &env{ctx: ctx, out: out, err: errs, in: in, global: &cmd}
	err = parsed.Run(e)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "aisles: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(errs, "aisles:", err)
	return statusOf(err)
}

func newParser(cmd *command, out, errs io.Writer, exited func(int)) (*kong.Kong, error) {
	return kong.New(cmd,
		kong.Name("aisles"), kong.Description(description+"\n"+exitStatuses),
		kong.Writers(out, errs), kong.Exit(exited),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Configuration(tomlFile, configPath()),
	)
}

// configPath gives the settings file: AISLES_CONFIG, else aisles.toml where
// the command is run. One that is not there is no error.
func configPath() string {
	if p := os.Getenv("AISLES_CONFIG"); p != "" {
		return p
	}
	return "aisles.toml"
}

// tomlFile reads flags by their names from a TOML file. A name that is no flag
// is refused: it would be a setting nobody hears.
func tomlFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if _, err := toml.NewDecoder(r).Decode(&values); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(configPath()), err)
	}
	return tomlResolver(values), nil
}

type tomlResolver map[string]any

// Validate refuses names no command has.
func (t tomlResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	for name := range t {
		if !known[name] {
			return fmt.Errorf("%s: no flag is called %q", configPath(), name)
		}
	}
	return err
}

// Resolve gives the file's value of a flag.
func (t tomlResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := t[flag.Name]
	if !ok {
		return nil, nil
	}
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return fmt.Sprint(v), nil
}

// statusOf gives the exit status of an error.
func statusOf(err error) int {
	var e *exit
	switch {
	case errors.As(err, &e):
		return e.status
	case errors.Is(err, db.ErrLocked):
		return exitLocked
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	case aisles.CodeOf(err) == aisles.Invalid:
		return exitError
	}
	return exitError
}
