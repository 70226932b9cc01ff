// A module of its own: cgo and two foreign repositories stay out of teal's.
module teal.dev/teal/internal/corpus

go 1.26.0

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/multigres/multigres v0.1.0
	github.com/pganalyze/pg_query_go/v6 v6.2.5
	github.com/stretchr/testify v1.12.1
	google.golang.org/protobuf v1.36.12
	teal.dev/teal v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)

replace teal.dev/teal => ../..
