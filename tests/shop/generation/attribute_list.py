"""The attributes of a shop: Magento's own and those that this merchant added.

One line is `code backend input scope`, where scope is s(tore view), g(lobal) or w(ebsite), then
words: `sort`, `filter`, `search`, `req`, `listing`, `own` (added by the merchant), `src=` (source
model, by a short name) and `of=` (product types; `priced` is all but grouped).
"""

PRODUCT_ATTRIBUTES = """
name varchar text s req search sort listing
sku static text g req search
description text textarea s search
short_description text textarea s search listing
price decimal price g req search filter sort listing of=priced
special_price decimal price g listing of=priced
special_from_date datetime date w listing of=priced
special_to_date datetime date w listing of=priced
cost decimal price g own of=simple,virtual,downloadable
weight decimal weight g of=priced
manufacturer int select g own search filter src=table of=simple,configurable
meta_title varchar text s
meta_keyword text textarea s
meta_description varchar textarea s
image varchar media_image s
small_image varchar media_image s listing
thumbnail varchar media_image s listing
media_gallery static gallery g
old_id int text g
tier_price decimal text w of=simple,virtual,downloadable,bundle
color int select g own search filter src=table of=simple,virtual,configurable
news_from_date datetime date w listing
news_to_date datetime date w listing
gallery varchar gallery g
status int select w search listing src=status
minimal_price decimal price s of=priced
visibility int select s src=visibility
custom_design varchar select s
custom_design_from datetime date s
custom_design_to datetime date s
custom_layout_update text textarea s
page_layout varchar select s
category_ids static text g
options_container varchar select s
required_options static text g listing
has_options static text g
image_label varchar text s listing
small_image_label varchar text s listing
thumbnail_label varchar text s listing
created_at static date g req
updated_at static date g req
country_of_manufacture varchar select w src=country of=simple,bundle,grouped,configurable
quantity_and_stock_status int select g src=stock
custom_layout varchar select s
custom_layout_update_file varchar select s
url_key varchar text s listing
url_path varchar text s listing
msrp decimal price g listing of=priced
msrp_display_actual_price_type varchar select w listing
links_purchased_separately int text g req listing of=downloadable
samples_title varchar text s req of=downloadable
links_title varchar text s req of=downloadable
links_exist int text g listing of=downloadable
price_type int boolean g req listing of=bundle
sku_type int boolean g req of=bundle
weight_type int boolean g req listing of=bundle
price_view int select g req listing of=bundle
shipment_type int select g req listing of=bundle
gift_message_available varchar select g
swatch_image varchar media_image s listing
tax_class_id int select w search listing src=tax_class of=priced
size int select g own filter src=table
material text multiselect g own filter search src=table
activity varchar multiselect s own filter src=table
season int select s own filter src=table
eco_collection int boolean g own filter src=boolean
care_note text textarea s own
vendor_code varchar text g own search
wholesale_margin decimal text w own
launch_date datetime date w own
sale_ends datetime datetime s own
"""

CATEGORY_ATTRIBUTES = """
name varchar text s req
is_active int select s req src=boolean
description text textarea s
image varchar image s
meta_title varchar text s
meta_keywords text textarea s
meta_description text textarea s
display_mode varchar select s
landing_page int select s
is_anchor int select g src=boolean
path static text g
position static text g
all_children text text g
path_in_store text text g
children text text g
custom_design varchar select s
custom_design_from datetime date s
custom_design_to datetime date s
page_layout varchar select s
custom_layout_update text textarea s
level static text g
children_count static text g
available_sort_by text multiselect s req
default_sort_by varchar select s req
include_in_menu int select s req src=boolean
custom_use_parent_settings int select s src=boolean
custom_apply_to_products int select s src=boolean
filter_price_range decimal text s
custom_layout_update_file varchar select s
url_key varchar text s
url_path varchar text s
"""

CUSTOMER_ATTRIBUTES = """
website_id static select g req src=website
store_id static select g req src=store
created_in static text g
prefix static text g
firstname static text g req
middlename static text g
lastname static text g req
suffix static text g
email static text g req
group_id static select g req src=group
dob static date g
password_hash static hidden g
rp_token static hidden g
rp_token_created_at static date g
default_billing static text g
default_shipping static text g
taxvat static text g
confirmation static text g
created_at static date g
gender static select g src=table
disable_auto_group_change static boolean g src=boolean
updated_at static date g
failures_num static hidden g
first_failure static date g
lock_expires static date g
loyalty_tier int select g own src=table
interests text multiselect g own src=table
is_vip int boolean g own src=boolean
display_name varchar text g own
avatar_url varchar text g own
credit_limit decimal text g own
last_visit datetime date g own
"""

ADDRESS_ATTRIBUTES = """
prefix static text g
firstname static text g req
middlename static text g
lastname static text g req
suffix static text g
company static text g
street static multiline g req
city static text g req
country_id static select g req src=address_country
region static text g
region_id static hidden g src=address_region
postcode static text g
telephone static text g req
fax static text g
vat_id static text g
vat_is_valid static text g
vat_request_id static text g
vat_request_date static text g
vat_request_success static text g
delivery_note varchar text g own
"""

OPTION_LABELS: dict[tuple[str, str], tuple[tuple[str, str | None], ...]] = {
    ("customer", "gender"): (("Male", "Mężczyzna"), ("Female", "Kobieta"), ("Not Specified", None)),
    ("customer", "loyalty_tier"): (("Bronze", "Brąz"), ("Silver", "Srebro"), ("Gold", None)),
    ("customer", "interests"): (("Yoga", "Joga"), ("Running", None), ("Café culture", "Kawa")),
    ("catalog_product", "manufacturer"): (("Lüma", None), ("Żubr", None), ("Águila & Co", None)),
    ("catalog_product", "color"): (
        ("Red", "Czerwony"),
        ("Blue", "Niebieski"),
        ("Green", "Zielony"),
        ("Off-white ", None),
    ),
    ("catalog_product", "size"): (("S", None), ("M", None), ("L", None), ('10"', "10 cali")),
    ("catalog_product", "material"): (
        ("Cotton", "Bawełna"),
        ("Wool", "Wełna"),
        ("Leather", "Skóra"),
        ("Crêpe", None),
        ("Jute, hemp", "Juta, konopie"),
    ),
    ("catalog_product", "activity"): (("Gym", "Siłownia"), ("Trail", None), ("Yoga", "Joga")),
    ("catalog_product", "season"): (("Winter", "Zima"), ("Summer", "Lato"), ("All year", None)),
}
"""(entity type, code) -> options as (admin label, label in Polish store views or None)."""
