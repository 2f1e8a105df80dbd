package sim

import (
	"slices"
	"strings"
)

// category is a node of Shopify's product taxonomy.
type category struct {
	key  string // "aa-1-1"
	name string
}

// taxonomy is the simulator's part of Shopify's Standard Product Taxonomy
// (https://shopify.github.io/product-taxonomy/): all roots and some branches.
// Any other id is refused, as Shopify refuses unknown ones.
var taxonomy = map[string]string{
	"ae": "Arts & Entertainment", "ap": "Animals & Pet Supplies", "bi": "Business & Industrial", "bt": "Baby & Toddler", "bu": "Bundles",
	"co": "Cameras & Optics", "el": "Electronics", "fb": "Food, Beverages & Tobacco", "fr": "Furniture", "gc": "Gift Cards", "ha": "Hardware",
	"hb": "Health & Beauty", "hg": "Home & Garden", "lb": "Luggage & Bags", "ma": "Mature", "me": "Media", "na": "Uncategorized",
	"os": "Office Supplies", "pa": "Product Add-Ons", "rc": "Religious & Ceremonial", "se": "Services", "so": "Software", "tg": "Toys & Games", "vp": "Vehicles & Parts",
	"aa": "Apparel & Accessories", "aa-1": "Clothing", "aa-1-1": "Activewear", "aa-1-4": "Dresses", "aa-1-12": "Pants", "aa-1-13": "Clothing Tops",
	"aa-1-13-1": "Blouses", "aa-1-13-7": "Shirts", "aa-1-13-8": "T-Shirts", "aa-1-14": "Shorts", "aa-1-15": "Skirts",
	"aa-2": "Clothing Accessories", "aa-5": "Handbags, Wallets & Cases", "aa-6": "Jewelry", "aa-8": "Shoes",
	"sg": "Sporting Goods", "sg-4": "Outdoor Recreation", "sg-4-17": "Winter Sports & Activities", "sg-4-17-2": "Skiing & Snowboarding", "sg-4-17-2-17": "Snowboards",
}

// leaves are the nodes of the table below which Shopify has none.
var leaves = []string{"bu", "gc", "na", "aa-1-13-1", "aa-1-13-7", "aa-1-13-8", "aa-1-15", "sg-4-17-2-17"}

func (c *category) leaf() bool { return slices.Contains(leaves, c.key) }

// findCategory looks a taxonomy gid up; nil when it is unknown.
func findCategory(id string) *category {
	key, ok := strings.CutPrefix(id, "gid://shopify/TaxonomyCategory/")
	if !ok {
		return nil
	}
	if name, known := taxonomy[key]; known {
		return &category{key, name}
	}
	return nil
}

func (c *category) gid() string { return "gid://shopify/TaxonomyCategory/" + c.key }

// parent is the node above; nil for a root.
func (c *category) parent() *category {
	i := strings.LastIndexByte(c.key, '-')
	if i < 0 {
		return nil
	}
	return &category{c.key[:i], taxonomy[c.key[:i]]}
}

func (c *category) fullName() string {
	if p := c.parent(); p != nil {
		return p.fullName() + " > " + c.name
	}
	return c.name
}

func (c *category) level() int { return 1 + strings.Count(c.key, "-") }

// ancestors lists the gids above the node, nearest first.
func (c *category) ancestors() []string {
	var out []string
	for p := c.parent(); p != nil; p = p.parent() {
		out = append(out, p.gid())
	}
	return out
}

// children lists the gids right below the node, as far as the table goes.
func (c *category) children() []string {
	var out []string
	for key := range taxonomy {
		if rest, ok := strings.CutPrefix(key, c.key+"-"); ok && !strings.Contains(rest, "-") {
			out = append(out, "gid://shopify/TaxonomyCategory/"+key)
		}
	}
	slices.Sort(out)
	return out
}
