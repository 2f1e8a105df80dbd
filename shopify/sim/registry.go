package sim

// tables gives the resolvers of every object type the simulator serves, by
// type name. A field that is in the schema but in no table is still validated
// and priced, and answered with an error that says it is not served.
func tables() map[string]table {
	return map[string]table{
		"QueryRoot": queryFields,
		"Mutation":  mutationFields,
	}
}

var queryFields = table{}

var mutationFields = table{}
