package sim

// shop is the Shop object; there is one.
type shop struct{ *state }

func (shop) typeName() string { return "Shop" }

// plans words the plans as ShopPlan.publicDisplayName does.
var plans = map[string]string{"standard": "Basic", "advanced": "Advanced", "plus": "Shopify Plus", "enterprise": "Enterprise"}

// shopFields are the fields of Shop.
var shopFields = merge(table{
	"id":              get(func(s shop) any { return gid("Shop", s.info.id) }),
	"name":            get(func(s shop) any { return s.info.name }),
	"myshopifyDomain": get(func(s shop) any { return s.info.domain }),
	"currencyCode":    get(func(s shop) any { return s.info.currency }),
	"url":             get(func(s shop) any { return "https://" + s.info.domain }),
	"email":           get(func(s shop) any { return "owner@" + s.info.domain }),
	"contactEmail":    get(func(s shop) any { return "owner@" + s.info.domain }),
	"createdAt":       get(func(s shop) any { return s.locations[0].createdAt }),
	"updatedAt":       get(func(s shop) any { return s.locations[0].createdAt }),
	"plan": get(func(s shop) any {
		return answer(map[string]any{
			"publicDisplayName": plans[s.info.plan], "displayName": plans[s.info.plan],
			"partnerDevelopment": false, "shopifyPlus": s.info.plan == "plus" || s.info.plan == "enterprise",
		})
	}),
	"primaryDomain": get(func(s shop) any {
		return answer(map[string]any{
			"id": gid("Domain", s.info.id), "host": s.info.domain, "url": "https://" + s.info.domain, "sslEnabled": true,
			"localization": nil, "marketWebPresence": nil,
		})
	}),
	"shopAddress": get(func(s shop) any {
		return answer(map[string]any{
			"id": gid("ShopAddress", s.info.id), "address1": nil, "address2": nil, "city": nil, "company": s.info.name, "coordinatesValidated": false,
			"country": "United States", "countryCode": "US", "countryCodeV2": "US", "firstName": nil, "formatted": []string{"United States"},
			"formattedArea": "United States", "lastName": nil, "latitude": nil, "longitude": nil, "name": s.info.name, "phone": nil,
			"province": nil, "provinceCode": nil, "zip": nil,
		})
	}),
	"resourceLimits": constant(answer(map[string]any{
		"maxProductOptions": maxOptions, "maxProductVariants": maxVariants, "locationLimit": 200, "redirectLimitReached": false,
	})),
	"currencyFormats": constant(answer(map[string]any{
		"moneyFormat": "${{amount}}", "moneyWithCurrencyFormat": "${{amount}} USD",
		"moneyInEmailsFormat": "${{amount}}", "moneyWithCurrencyInEmailsFormat": "${{amount}} USD",
	})),
	"enabledPresentmentCurrencies": get(func(s shop) any { return []string{s.info.currency} }),
	"publicationCount":             get(func(s shop) any { return len(s.publications) }),

	"ianaTimezone": constant("Etc/UTC"), "timezoneAbbreviation": constant("UTC"), "timezoneOffset": constant("+0000"),
	"timezoneOffsetMinutes": constant(0), "unitSystem": constant("METRIC_SYSTEM"), "weightUnit": constant(defaultWeightUnit),
	"taxesIncluded": constant(false), "taxShipping": constant(false), "setupRequired": constant(false), "description": nothing,
	"shopOwnerName": constant("Owner"), "checkoutApiSupported": constant(true), "translations": constant([]object{}),
	"shopPolicies": constant([]object{}), "alerts": constant([]object{}),

	"products": queryFields["products"], "productVariants": queryFields["productVariants"], "locations": queryFields["locations"],
	"inventoryItems": queryFields["inventoryItems"], "collections": none,
}, metafieldsOf(func(o object) (string, metafields) {
	s := o.(shop)
	return gid("Shop", s.info.id), s.shopFields
}))
