BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	locale VARCHAR(8) NOT NULL, 
	organization_id INTEGER, 
	created_at DATETIME NOT NULL, 
	failed_sign_ins INTEGER NOT NULL, 
	locked_until DATETIME, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT fk_accounts_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id), 
	CONSTRAINT uq_accounts_email UNIQUE (email), 
	CONSTRAINT ck_accounts_role CHECK (role IN ('designer', 'enterprise', 'regulator', 'administrator'))
);
INSERT INTO "accounts" VALUES(1,'enterprise@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$FiFPYWrBddHgbiIfplRMfQ$ODKNE0/tFWlKZnGREE3V+BasXRIT1sNgse/0UipCN6k','enterprise','enterprise','zh',1,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(2,'designer@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$NVUjCwikjfTrWBVuXpR8IQ$vheD4UBtDHXmVN08YEeOoRkGooYJER1J+37SPSgXHwA','designer','designer','zh',1,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(3,'freelancer@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$Zv0xSoEXStChniZrWC5WDQ$fObmFcjfkijg7iKnMOfTlUWxOKOAnD158IfadORUySI','freelancer','designer','zh',NULL,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(4,'rival@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$98yRL2bD0UNacBAXPP6dUQ$N9jnhpDLJMr3FdQb2wTe4RKbE4S7z/fVLhCVoyChjHU','rival','enterprise','zh',2,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(5,'regulator@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$HLWT897BA0Vb2ENGLfvUJg$nGl1c55x15p+6C3pFQNH4xDIf3F6zYWX+si1jxfieuo','regulator','regulator','zh',NULL,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(6,'second-regulator@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$IfOD2NgPEO7iSBNELilMkg$1u8wQi7QOGXvN9pxN8JpkRwMPXma235gjZzPFn2KC1c','second-regulator','regulator','zh',NULL,'2026-03-02 09:00:00.000000',0,NULL);
INSERT INTO "accounts" VALUES(7,'administrator@ipreg.example','$argon2id$v=19$m=8,t=1,p=1$FfW0rwu51+9Dyr6H+of1Qw$7oiCSHjFYw2jcblxmRrm10S/adz/v7/51x7IqVgAU9k','administrator','administrator','zh',NULL,'2026-03-02 09:00:00.000000',0,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('202611242215');
CREATE TABLE alert_recipients (
	id INTEGER NOT NULL, 
	alert_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	read_at DATETIME, 
	CONSTRAINT pk_alert_recipients PRIMARY KEY (id), 
	CONSTRAINT fk_alert_recipients_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_alert_recipients_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT uq_alert_recipients_alert_id_account_id UNIQUE (alert_id, account_id)
);
CREATE TABLE alerts (
	id INTEGER NOT NULL, 
	match_id INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	raised_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	decided_by_id INTEGER, 
	dismiss_reason VARCHAR(32), 
	note TEXT NOT NULL, 
	row_version INTEGER NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (id), 
	CONSTRAINT fk_alerts_decided_by_id_accounts FOREIGN KEY(decided_by_id) REFERENCES accounts (id), 
	CONSTRAINT fk_alerts_match_id_matches FOREIGN KEY(match_id) REFERENCES matches (id), 
	CONSTRAINT uq_alerts_match_id UNIQUE (match_id), 
	CONSTRAINT ck_alerts_alertstate CHECK (state IN ('open', 'confirmed', 'dismissed')), 
	CONSTRAINT ck_alerts_dismissreason CHECK (dismiss_reason IN ('mine', 'licensed', 'not_similar', 'other'))
);
CREATE TABLE capture_files (
	id INTEGER NOT NULL, 
	capture_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	sm3 VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	CONSTRAINT pk_capture_files PRIMARY KEY (id), 
	CONSTRAINT fk_capture_files_capture_id_captures FOREIGN KEY(capture_id) REFERENCES captures (id), 
	CONSTRAINT uq_capture_files_capture_id_position UNIQUE (capture_id, position)
);
CREATE TABLE captures (
	id INTEGER NOT NULL, 
	alert_id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	tries INTEGER NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	captured_at DATETIME, 
	status INTEGER NOT NULL, 
	facts JSON NOT NULL, 
	log_index INTEGER, 
	CONSTRAINT pk_captures PRIMARY KEY (id), 
	CONSTRAINT fk_captures_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT fk_captures_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT uq_captures_alert_id UNIQUE (alert_id), 
	CONSTRAINT uq_captures_log_index UNIQUE (log_index), 
	CONSTRAINT ck_captures_capturestate CHECK (state IN ('waiting', 'done', 'failed'))
);
CREATE TABLE case_events (
	id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor_id INTEGER NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	note TEXT NOT NULL, 
	log_index INTEGER, 
	CONSTRAINT pk_case_events PRIMARY KEY (id), 
	CONSTRAINT fk_case_events_actor_id_accounts FOREIGN KEY(actor_id) REFERENCES accounts (id), 
	CONSTRAINT fk_case_events_case_id_cases FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT uq_case_events_case_id_position UNIQUE (case_id, position), 
	CONSTRAINT uq_case_events_log_index UNIQUE (log_index)
);
CREATE TABLE cases (
	id INTEGER NOT NULL, 
	number VARCHAR(32) NOT NULL, 
	alert_id INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	officer_id INTEGER, 
	outcome VARCHAR(32), 
	decision_reason TEXT NOT NULL, 
	opened_at DATETIME NOT NULL, 
	decided_at DATETIME, 
	row_version INTEGER NOT NULL, 
	CONSTRAINT pk_cases PRIMARY KEY (id), 
	CONSTRAINT fk_cases_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT fk_cases_officer_id_accounts FOREIGN KEY(officer_id) REFERENCES accounts (id), 
	CONSTRAINT uq_cases_alert_id UNIQUE (alert_id), 
	CONSTRAINT uq_cases_number UNIQUE (number), 
	CONSTRAINT ck_cases_casestate CHECK (state IN ('flagged', 'under_review', 'decided')), 
	CONSTRAINT ck_cases_caseoutcome CHECK (outcome IN ('infringing', 'not_infringing', 'insufficient'))
);
CREATE TABLE certificates (
	id INTEGER NOT NULL, 
	filing_id INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	sm3 VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	issued_at DATETIME NOT NULL, 
	CONSTRAINT pk_certificates PRIMARY KEY (id), 
	CONSTRAINT fk_certificates_filing_id_filings FOREIGN KEY(filing_id) REFERENCES filings (id), 
	CONSTRAINT uq_certificates_filing_id UNIQUE (filing_id), 
	CONSTRAINT uq_certificates_sha256 UNIQUE (sha256)
);
INSERT INTO "certificates" VALUES(1,2,'e57f8da30cbb3dc0180f79ecae92aa6845eadda4993a52cc3049fd15731bb0e6','2859a44ecaabf86294c74b84c792354630bd0cc7acf024b60c4351a689c663dc',255000,'2026-03-02 09:00:00.000000');
CREATE TABLE crawl_hosts (
	origin VARCHAR(300) NOT NULL, 
	robots TEXT NOT NULL, 
	robots_status INTEGER NOT NULL, 
	robots_at DATETIME, 
	not_before DATETIME, 
	refusals INTEGER NOT NULL, 
	CONSTRAINT pk_crawl_hosts PRIMARY KEY (origin)
);
CREATE TABLE crawl_pages (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	address_key VARCHAR(64) NOT NULL, 
	origin VARCHAR(300) NOT NULL, 
	shape VARCHAR(200) NOT NULL, 
	depth INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	run_id INTEGER NOT NULL, 
	tries INTEGER NOT NULL, 
	not_before DATETIME, 
	etag VARCHAR(300) NOT NULL, 
	last_modified VARCHAR(100) NOT NULL, 
	status INTEGER NOT NULL, 
	fetched_at DATETIME, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	listing_id INTEGER, 
	CONSTRAINT pk_crawl_pages PRIMARY KEY (id), 
	CONSTRAINT fk_crawl_pages_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT fk_crawl_pages_source_id_sources FOREIGN KEY(source_id) REFERENCES sources (id), 
	CONSTRAINT uq_crawl_pages_source_id_address_key UNIQUE (source_id, address_key), 
	CONSTRAINT ck_crawl_pages_pagestate CHECK (state IN ('waiting', 'done', 'refused', 'gone'))
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	alert_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	channel VARCHAR(32) NOT NULL, 
	message_id VARCHAR(200) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	tries INTEGER NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	last_fault TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_deliveries_alert_id_alerts FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT uq_deliveries_alert_id_account_id_channel UNIQUE (alert_id, account_id, channel), 
	CONSTRAINT uq_deliveries_message_id UNIQUE (message_id), 
	CONSTRAINT ck_deliveries_deliverystate CHECK (state IN ('waiting', 'sent', 'parked'))
);
CREATE TABLE feed_imports (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	filename VARCHAR(255) NOT NULL, 
	folder TEXT NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	total_rows INTEGER NOT NULL, 
	done_rows INTEGER NOT NULL, 
	kept_rows INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, source_id INTEGER REFERENCES sources (id), run_id INTEGER REFERENCES source_runs (id), platform VARCHAR(100) DEFAULT '' NOT NULL, request_key VARCHAR(128), 
	CONSTRAINT pk_feed_imports PRIMARY KEY (id), 
	CONSTRAINT fk_feed_imports_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT ck_feed_imports_importstate CHECK (state IN ('waiting', 'running', 'done', 'failed'))
);
CREATE TABLE filing_views (
	id INTEGER NOT NULL, 
	filing_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	filename VARCHAR(255) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	compared_by VARCHAR(64), 
	CONSTRAINT pk_filing_views PRIMARY KEY (id), 
	CONSTRAINT fk_filing_views_filing_id_filings FOREIGN KEY(filing_id) REFERENCES filings (id), 
	CONSTRAINT fk_filing_views_sha256_stored_files FOREIGN KEY(sha256) REFERENCES stored_files (sha256), 
	CONSTRAINT uq_filing_views_filing_id_position UNIQUE (filing_id, position), 
	CONSTRAINT uq_filing_views_filing_id_sha256 UNIQUE (filing_id, sha256), 
	CONSTRAINT ck_filing_views_viewkind CHECK (kind IN ('front', 'back', 'left', 'right', 'top', 'bottom', 'perspective', 'in_use', 'detail'))
);
INSERT INTO "filing_views" VALUES(1,1,0,'front','front.png','a0974a2f9630f3fb9b29ea3af7db418ae29bb5c27e1b9e29ca2c3ca411544935',NULL);
INSERT INTO "filing_views" VALUES(2,1,1,'detail','纹样.svg','d9740373efdc77a35dcdbadf080e672bf8a9fa28b3516e1aca0fdbf81182a25b',NULL);
INSERT INTO "filing_views" VALUES(3,2,0,'front','front.png','26397d08852498d580def91904e90a7695427b177392a37f01d094f0854c39e2',NULL);
INSERT INTO "filing_views" VALUES(4,2,1,'detail','纹样.svg','fce04be9e3cc2f846ff10afcbd2369e970bf9e65af8feb56a57aa728c02210a3',NULL);
CREATE TABLE filings (
	id INTEGER NOT NULL, 
	number VARCHAR(32) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	industry VARCHAR(32) NOT NULL, 
	creator VARCHAR(200) NOT NULL, 
	created_on DATE NOT NULL, 
	description TEXT NOT NULL, 
	applicant_id INTEGER NOT NULL, 
	organization_id INTEGER, 
	version INTEGER NOT NULL, 
	filed_at DATETIME NOT NULL, 
	manifest TEXT NOT NULL, 
	applicant_salt VARCHAR(64) NOT NULL, 
	log_index INTEGER, 
	request_key VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_filings PRIMARY KEY (id), 
	CONSTRAINT fk_filings_applicant_id_accounts FOREIGN KEY(applicant_id) REFERENCES accounts (id), 
	CONSTRAINT fk_filings_organization_id_organizations FOREIGN KEY(organization_id) REFERENCES organizations (id), 
	CONSTRAINT uq_filings_applicant_id_request_key UNIQUE (applicant_id, request_key), 
	CONSTRAINT uq_filings_log_index UNIQUE (log_index), 
	CONSTRAINT uq_filings_number UNIQUE (number), 
	CONSTRAINT ck_filings_industry CHECK (industry IN ('clothing', 'furniture', 'watches', 'jewellery', 'underwear', 'leather', 'eyewear', 'cosmetics', 'crafts'))
);
INSERT INTO "filings" VALUES(1,'YB2026-0000001-V','云纹外套 0','clothing','林晓','2026-02-01','',2,1,1,'2026-03-02 09:00:00.000000','{"applicant_commitment":"c89afc0c0175fa12eac41d4b43159204fb96baaf97cc2779885c2462e6a8ff59","created_on":"2026-02-01","creator":"林晓","description":"","filed_at":"2026-03-02T09:00:00+00:00","files":[{"media_type":"image/png","name":"front.png","sha256":"a0974a2f9630f3fb9b29ea3af7db418ae29bb5c27e1b9e29ca2c3ca411544935","size":715,"sm3":"7864121530950d4d0036f97602741ac73628905e572f1d5be40f072527f5fce8","view":"front"},{"media_type":"image/svg+xml","name":"纹样.svg","sha256":"d9740373efdc77a35dcdbadf080e672bf8a9fa28b3516e1aca0fdbf81182a25b","size":114,"sm3":"99f919ea4728f7bac4dad9121953198792c2404341585cc92ce9a766154b32a0","view":"detail"}],"format":"ipreg-filing/1","industry":"clothing","number":"YB2026-0000001-V","title":"云纹外套 0","version":1}','0b63f48d9c307ca38fe66652d73d9b7cd9a3ae96546e89df49559eb1b87e4c15',0,'r0');
INSERT INTO "filings" VALUES(2,'YB2026-0000002-T','云纹外套 1','clothing','林晓','2026-02-01','',2,1,1,'2026-03-02 09:00:00.000000','{"applicant_commitment":"70212d93667c2f51a204b312603e8cb8e586352be53b933c7016a5b70dd98659","created_on":"2026-02-01","creator":"林晓","description":"","filed_at":"2026-03-02T09:00:00+00:00","files":[{"media_type":"image/png","name":"front.png","sha256":"26397d08852498d580def91904e90a7695427b177392a37f01d094f0854c39e2","size":815,"sm3":"35e54880f517934be4ffece8763ff76d33dd3a1ca9b65f989c8e8eeef4d9a687","view":"front"},{"media_type":"image/svg+xml","name":"纹样.svg","sha256":"fce04be9e3cc2f846ff10afcbd2369e970bf9e65af8feb56a57aa728c02210a3","size":114,"sm3":"c566926564da276581fb16c30d51985be838b5fd133ce5bf85dd239e24fa3327","view":"detail"}],"format":"ipreg-filing/1","industry":"clothing","number":"YB2026-0000002-T","title":"云纹外套 1","version":1}','e92190635d1c486f9bbc4b8b6dc74658939f3b9b077525447b8f78293c02769a',1,'r1');
CREATE TABLE import_faults (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	"values" JSON NOT NULL, again BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_import_faults PRIMARY KEY (id), 
	CONSTRAINT fk_import_faults_import_id_feed_imports FOREIGN KEY(import_id) REFERENCES feed_imports (id), 
	CONSTRAINT uq_import_faults_import_id_line UNIQUE (import_id, line)
);
CREATE TABLE listing_changes (
	id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	CONSTRAINT pk_listing_changes PRIMARY KEY (id), 
	CONSTRAINT fk_listing_changes_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT ck_listing_changes_changekind CHECK (kind IN ('title', 'price', 'seller', 'pictures', 'gone', 'back'))
);
CREATE TABLE listing_pictures (
	id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	source TEXT NOT NULL, 
	compared_by VARCHAR(64), gone_at DATETIME, 
	CONSTRAINT pk_listing_pictures PRIMARY KEY (id), 
	CONSTRAINT fk_listing_pictures_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT fk_listing_pictures_sha256_stored_files FOREIGN KEY(sha256) REFERENCES stored_files (sha256), 
	CONSTRAINT uq_listing_pictures_listing_id_sha256 UNIQUE (listing_id, sha256)
);
CREATE TABLE listing_remote_pictures (
	id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	remote_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_listing_remote_pictures PRIMARY KEY (id), 
	CONSTRAINT fk_listing_remote_pictures_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT fk_listing_remote_pictures_remote_id_remote_pictures FOREIGN KEY(remote_id) REFERENCES remote_pictures (id), 
	CONSTRAINT uq_listing_remote_pictures_listing_id_remote_id UNIQUE (listing_id, remote_id)
);
CREATE TABLE listing_sightings (
	id INTEGER NOT NULL, 
	listing_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_listing_sightings PRIMARY KEY (id), 
	CONSTRAINT fk_listing_sightings_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_listing_sightings_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT uq_listing_sightings_listing_id_account_id UNIQUE (listing_id, account_id)
);
CREATE TABLE listings (
	id INTEGER NOT NULL, 
	platform VARCHAR(100) NOT NULL, 
	external_id VARCHAR(200) NOT NULL, 
	address TEXT NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	seller VARCHAR(200) NOT NULL, 
	price VARCHAR(32) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	import_id INTEGER, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, seller_id INTEGER REFERENCES sellers (id), source_id INTEGER REFERENCES sources (id), brand VARCHAR(200) DEFAULT '' NOT NULL, availability VARCHAR(40) DEFAULT '' NOT NULL, gone_at DATETIME, 
	CONSTRAINT pk_listings PRIMARY KEY (id), 
	CONSTRAINT fk_listings_import_id_feed_imports FOREIGN KEY(import_id) REFERENCES feed_imports (id), 
	CONSTRAINT uq_listings_platform_external_id UNIQUE (platform, external_id)
);
CREATE TABLE log_checkpoints (
	size INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	signed_at DATETIME NOT NULL, 
	CONSTRAINT pk_log_checkpoints PRIMARY KEY (size)
);
INSERT INTO "log_checkpoints" VALUES(2,'127.0.0.1/log
2
Cc0dTtEk7cgCFDeIz33vC3T60zyvVCzJ5WXW+eUXDow=

— 127.0.0.1/log hjva7jQrl/W/nNN/Jlz4GRvYH306a1aut5FHmzxpNyndVRlTkRdzLlY7x3rTBeavfIEJfEVxMJOs77d6us5ZWCGEOAE=
','2026-03-02 09:00:00.000000');
CREATE TABLE log_cosignatures (
	id INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	witness VARCHAR(255) NOT NULL, 
	line TEXT NOT NULL, 
	cosigned_at DATETIME NOT NULL, 
	CONSTRAINT pk_log_cosignatures PRIMARY KEY (id), 
	CONSTRAINT fk_log_cosignatures_size_log_checkpoints FOREIGN KEY(size) REFERENCES log_checkpoints (size), 
	CONSTRAINT uq_log_cosignatures_size_witness UNIQUE (size, witness)
);
CREATE TABLE log_entries (
	"index" INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	statement TEXT NOT NULL, 
	salt BLOB NOT NULL, 
	leaf BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_log_entries PRIMARY KEY ("index")
);
INSERT INTO "log_entries" VALUES(0,'filing','YB2026-0000001-V','{"applicant_commitment":"c89afc0c0175fa12eac41d4b43159204fb96baaf97cc2779885c2462e6a8ff59","created_on":"2026-02-01","creator":"林晓","description":"","filed_at":"2026-03-02T09:00:00+00:00","files":[{"media_type":"image/png","name":"front.png","sha256":"a0974a2f9630f3fb9b29ea3af7db418ae29bb5c27e1b9e29ca2c3ca411544935","size":715,"sm3":"7864121530950d4d0036f97602741ac73628905e572f1d5be40f072527f5fce8","view":"front"},{"media_type":"image/svg+xml","name":"纹样.svg","sha256":"d9740373efdc77a35dcdbadf080e672bf8a9fa28b3516e1aca0fdbf81182a25b","size":114,"sm3":"99f919ea4728f7bac4dad9121953198792c2404341585cc92ce9a766154b32a0","view":"detail"}],"format":"ipreg-filing/1","industry":"clothing","number":"YB2026-0000001-V","title":"云纹外套 0","version":1}',X'8B2FFF3D25EE1C6BD6FC6D5A5058AFDDA0B49B4662D6C1BDBE3D960D1B3556F7',X'7B22636F6D6D69746D656E74223A2236646364313161356334383137333365613030643163396135313464373161353566636339616664376532313030643665646335346265333461646265323164222C22666F726D6174223A2269707265672D6C6561662F31222C226B696E64223A2266696C696E67227D','2026-03-02 09:00:00.000000');
INSERT INTO "log_entries" VALUES(1,'filing','YB2026-0000002-T','{"applicant_commitment":"70212d93667c2f51a204b312603e8cb8e586352be53b933c7016a5b70dd98659","created_on":"2026-02-01","creator":"林晓","description":"","filed_at":"2026-03-02T09:00:00+00:00","files":[{"media_type":"image/png","name":"front.png","sha256":"26397d08852498d580def91904e90a7695427b177392a37f01d094f0854c39e2","size":815,"sm3":"35e54880f517934be4ffece8763ff76d33dd3a1ca9b65f989c8e8eeef4d9a687","view":"front"},{"media_type":"image/svg+xml","name":"纹样.svg","sha256":"fce04be9e3cc2f846ff10afcbd2369e970bf9e65af8feb56a57aa728c02210a3","size":114,"sm3":"c566926564da276581fb16c30d51985be838b5fd133ce5bf85dd239e24fa3327","view":"detail"}],"format":"ipreg-filing/1","industry":"clothing","number":"YB2026-0000002-T","title":"云纹外套 1","version":1}',X'27A0337C73AAC2220044A08EFCEB9131B0BACA6B74263E95DF5A6D940FC2B62E',X'7B22636F6D6D69746D656E74223A2237656238303361623635613630376261306265646136663038333134333232373362336637633538646639343466636337613839346366376164316163616332222C22666F726D6174223A2269707265672D6C6561662F31222C226B696E64223A2266696C696E67227D','2026-03-02 09:00:00.000000');
CREATE TABLE log_head (
	id INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	last_at DATETIME, 
	CONSTRAINT pk_log_head PRIMARY KEY (id), 
	CONSTRAINT ck_log_head_single_row CHECK (id = 1)
);
INSERT INTO "log_head" VALUES(1,2,'2026-03-02 09:00:00.000000');
CREATE TABLE log_keys (
	key_id VARCHAR(8) NOT NULL, 
	verifier_key TEXT NOT NULL, 
	added_at DATETIME NOT NULL, 
	retired_at DATETIME, 
	added_index INTEGER, 
	retired_index INTEGER, 
	CONSTRAINT pk_log_keys PRIMARY KEY (key_id), 
	CONSTRAINT uq_log_keys_added_index UNIQUE (added_index), 
	CONSTRAINT uq_log_keys_retired_index UNIQUE (retired_index)
);
CREATE TABLE log_nodes (
	level INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	CONSTRAINT pk_log_nodes PRIMARY KEY (level, position)
);
INSERT INTO "log_nodes" VALUES(0,0,X'AD5C68C4211D15BA1E517B46DA46DA58903EB2221F41773B7D4763028EEBAFFD');
INSERT INTO "log_nodes" VALUES(0,1,X'26E5D1DD8EBD6E69225E706E489DB2C637BE960D0A4CA7C2C17A09A816615A74');
INSERT INTO "log_nodes" VALUES(1,0,X'09CD1D4ED124EDC802143788CF7DEF0B74FAD33CAF542CC9E565D6F9E5170E8C');
CREATE TABLE log_time_stamps (
	id INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	authority VARCHAR(64) NOT NULL, 
	embedded BOOLEAN NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	tries INTEGER NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	last_fault TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	answer BLOB, 
	gen_time DATETIME, 
	serial VARCHAR(64) NOT NULL, 
	policy VARCHAR(128) NOT NULL, 
	signer TEXT NOT NULL, 
	certificates TEXT NOT NULL, 
	CONSTRAINT pk_log_time_stamps PRIMARY KEY (id), 
	CONSTRAINT fk_log_time_stamps_size_log_checkpoints FOREIGN KEY(size) REFERENCES log_checkpoints (size), 
	CONSTRAINT uq_log_time_stamps_size_authority UNIQUE (size, authority), 
	CONSTRAINT ck_log_time_stamps_stampstate CHECK (state IN ('waiting', 'stamped', 'superseded'))
);
INSERT INTO "log_time_stamps" VALUES(1,2,'embedded',1,'stamped',1,'2026-03-02 09:02:00.000000','','2026-03-02 09:00:00.000000',X'308204C43003020100308204BB06092A864886F70D010702A08204AC308204A8020103310F300D060960864801650304020105003081F0060B2A864886F70D0109100104A081E00481DD3081DA02010106146982C5DC8C8CEBB3D291E19484BA90C19FF3A37F3031300D060960864801650304020105000420030BFCACDE891AEFDF0EBDECC6BB94BBB6B8C35F1E1A0C9144D2419940962E21021100C4CD189AA1326846CFC1A9709829B7B6180F32303236303330323039303030305A300302010102087ECE4DFA63285F76A059A457305531163014060355040A0C0D3132372E302E302E312F6C6F67313B303906035504030C32456D6265646465642074696D652D7374616D70696E6720617574686F7269747920286E6F7420696E646570656E64656E7429A082022F3082022B308201D1A003020102021439204F20334E1E420E90860464289FD2E6C5C9A9300A06082A8648CE3D040302305C31163014060355040A0C0D3132372E302E302E312F6C6F673142304006035504030C394341206F663A20456D6265646465642074696D652D7374616D70696E6720617574686F7269747920286E6F7420696E646570656E64656E7429301E170D3236303330313039303030305A170D3336303232383039303030305A305531163014060355040A0C0D3132372E302E302E312F6C6F67313B303906035504030C32456D6265646465642074696D652D7374616D70696E6720617574686F7269747920286E6F7420696E646570656E64656E74293059301306072A8648CE3D020106082A8648CE3D030107034200049F27E129A4F3272B3F5EF0915C209E877AA0A3D8AF71EFBA5657CDB76EAA05B0CA39C716115AB8664DEAA388F06D9F74CEF5072CFF7863A53480B2A89F968A4BA3783076301D0603551D0E04160414EACC1A3245A12CD45DE166193FBC8911F5A7CE10300C0603551D130101FF04023000300E0603551D0F0101FF04040302078030160603551D250101FF040C300A06082B06010505070308301F0603551D23041830168014350CB543D5987956C6CE176D3DBFAC7FE2125BD0300A06082A8648CE3D040302034800304502203C38B10976BE619DFF865AEB4830FC1D31D54D21E8024EC7C3D41F46BEA35C6402210099DE1484CFEF942EE1EE08756A565AED1BC8511571D76F430714B7F1EDC478CC3182016A308201660201013074305C31163014060355040A0C0D3132372E302E302E312F6C6F673142304006035504030C394341206F663A20456D6265646465642074696D652D7374616D70696E6720617574686F7269747920286E6F7420696E646570656E64656E7429021439204F20334E1E420E90860464289FD2E6C5C9A9300D06096086480165030402010500A08186301A06092A864886F70D010903310D060B2A864886F70D0109100104302F06092A864886F70D01090431220420106FFA7C365981748F35755557C254C3BB9D6F8EE33582C350995254535CA06B3037060B2A864886F70D010910022F31283026302430220420B06C8416FD61AAD05A85D0960114856EDBEC0ED2688CD7D554318A1270BCF8CF300A06082A8648CE3D04030204473045022050F75EB5688AEBC3CE25E32A2DED0C22D27B074480A54DF9463E5C5690386DBD022100D1AE82B650737C77566080934934692FFD321909814B5B8287C83EA616425EAA','2026-03-02 09:00:00.000000','c4cd189aa1326846cfc1a9709829b7b6','2.25.216477731472734386145168097471444603391','CN=Embedded time-stamping authority (not independent),O=127.0.0.1/log','-----BEGIN CERTIFICATE-----
MIICAjCCAaegAwIBAgIUT+uqPd0HFVDPCY1z6zbGOMH9Pj4wCgYIKoZIzj0EAwIw
XDEWMBQGA1UECgwNMTI3LjAuMC4xL2xvZzFCMEAGA1UEAww5Q0Egb2Y6IEVtYmVk
ZGVkIHRpbWUtc3RhbXBpbmcgYXV0aG9yaXR5IChub3QgaW5kZXBlbmRlbnQpMCAX
DTI2MDMwMTA5MDAwMFoYDzIwNTYwMjIzMDkwMDAwWjBcMRYwFAYDVQQKDA0xMjcu
MC4wLjEvbG9nMUIwQAYDVQQDDDlDQSBvZjogRW1iZWRkZWQgdGltZS1zdGFtcGlu
ZyBhdXRob3JpdHkgKG5vdCBpbmRlcGVuZGVudCkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAReG6KFuNcPwXWo8NbyRj2Gw/aX6gPKqXNvSDBmSbG5E0U6+IRe8sub
u9TtVfkcQA9lv9QPgGPzDNi3fn9QLK2eo0UwQzAdBgNVHQ4EFgQUNQy1Q9WYeVbG
zhdtPb+sf+ISW9AwEgYDVR0TAQH/BAgwBgEB/wIBADAOBgNVHQ8BAf8EBAMCAQYw
CgYIKoZIzj0EAwIDSQAwRgIhAJjb3O/72Uf33Ivei8hVgze5wDNYFKKYZTnl0X6b
RpquAiEAocmJpcSBi6abey0h3EqbKMG27JRq3W7/Ma/kxVc2Wlc=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIICKzCCAdGgAwIBAgIUOSBPIDNOHkIOkIYEZCif0ubFyakwCgYIKoZIzj0EAwIw
XDEWMBQGA1UECgwNMTI3LjAuMC4xL2xvZzFCMEAGA1UEAww5Q0Egb2Y6IEVtYmVk
ZGVkIHRpbWUtc3RhbXBpbmcgYXV0aG9yaXR5IChub3QgaW5kZXBlbmRlbnQpMB4X
DTI2MDMwMTA5MDAwMFoXDTM2MDIyODA5MDAwMFowVTEWMBQGA1UECgwNMTI3LjAu
MC4xL2xvZzE7MDkGA1UEAwwyRW1iZWRkZWQgdGltZS1zdGFtcGluZyBhdXRob3Jp
dHkgKG5vdCBpbmRlcGVuZGVudCkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASf
J+EppPMnKz9e8JFcIJ6HeqCj2K9x77pWV823bqoFsMo5xxYRWrhmTeqjiPBtn3TO
9Qcs/3hjpTSAsqiflopLo3gwdjAdBgNVHQ4EFgQU6swaMkWhLNRd4WYZP7yJEfWn
zhAwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwFgYDVR0lAQH/BAwwCgYI
KwYBBQUHAwgwHwYDVR0jBBgwFoAUNQy1Q9WYeVbGzhdtPb+sf+ISW9AwCgYIKoZI
zj0EAwIDSAAwRQIgPDixCXa+YZ3/hlrrSDD8HTHVTSHoAk7Hw9QfRr6jXGQCIQCZ
3hSEz++ULuHuCHVqVlrtG8hRFXHXb0MHFLfx7cR4zA==
-----END CERTIFICATE-----
');
CREATE TABLE log_witnesses (
	name VARCHAR(255) NOT NULL, 
	last_size INTEGER NOT NULL, 
	tries INTEGER NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	last_fault TEXT NOT NULL, 
	CONSTRAINT pk_log_witnesses PRIMARY KEY (name)
);
CREATE TABLE matches (
	id INTEGER NOT NULL, 
	filing_id INTEGER NOT NULL, 
	view_id INTEGER NOT NULL, 
	listing_id INTEGER, 
	picture_id INTEGER, 
	later_filing_id INTEGER, 
	later_view_id INTEGER, 
	probability DOUBLE NOT NULL, 
	reason JSON NOT NULL, 
	algorithm VARCHAR(64) NOT NULL, 
	found_at DATETIME NOT NULL, 
	CONSTRAINT pk_matches PRIMARY KEY (id), 
	CONSTRAINT ck_matches_one_counterpart CHECK ((listing_id IS NULL) <> (later_filing_id IS NULL)), 
	CONSTRAINT fk_matches_filing_id_filings FOREIGN KEY(filing_id) REFERENCES filings (id), 
	CONSTRAINT fk_matches_later_filing_id_filings FOREIGN KEY(later_filing_id) REFERENCES filings (id), 
	CONSTRAINT fk_matches_later_view_id_filing_views FOREIGN KEY(later_view_id) REFERENCES filing_views (id), 
	CONSTRAINT fk_matches_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT fk_matches_picture_id_listing_pictures FOREIGN KEY(picture_id) REFERENCES listing_pictures (id), 
	CONSTRAINT fk_matches_view_id_filing_views FOREIGN KEY(view_id) REFERENCES filing_views (id), 
	CONSTRAINT uq_matches_filing_id_later_filing_id UNIQUE (filing_id, later_filing_id), 
	CONSTRAINT uq_matches_filing_id_listing_id UNIQUE (filing_id, listing_id)
);
CREATE TABLE organizations (
	id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	join_code VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_organizations PRIMARY KEY (id), 
	CONSTRAINT uq_organizations_join_code UNIQUE (join_code)
);
INSERT INTO "organizations" VALUES(1,'锦绣服饰有限公司','PURG-QS9F-MWPV','2026-03-02 09:00:00.000000');
INSERT INTO "organizations" VALUES(2,'别家公司','494B-4KRV-ERCX','2026-03-02 09:00:00.000000');
CREATE TABLE picture_fingerprints (
	id INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	algorithm VARCHAR(64) NOT NULL, 
	data BLOB, 
	fault VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_picture_fingerprints PRIMARY KEY (id), 
	CONSTRAINT fk_picture_fingerprints_sha256_stored_files FOREIGN KEY(sha256) REFERENCES stored_files (sha256), 
	CONSTRAINT uq_picture_fingerprints_sha256_algorithm UNIQUE (sha256, algorithm)
);
CREATE TABLE remote_pictures (
	id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	address_key VARCHAR(64) NOT NULL, 
	origin VARCHAR(300) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	sha256 VARCHAR(64), 
	tries INTEGER NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_remote_pictures PRIMARY KEY (id), 
	CONSTRAINT fk_remote_pictures_sha256_stored_files FOREIGN KEY(sha256) REFERENCES stored_files (sha256), 
	CONSTRAINT uq_remote_pictures_address_key UNIQUE (address_key), 
	CONSTRAINT ck_remote_pictures_picturestate CHECK (state IN ('waiting', 'held', 'refused'))
);
CREATE TABLE reports (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	note TEXT NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	listing_id INTEGER, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reports PRIMARY KEY (id), 
	CONSTRAINT fk_reports_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT fk_reports_listing_id_listings FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT ck_reports_reportstate CHECK (state IN ('waiting', 'kept', 'refused'))
);
CREATE TABLE sellers (
	id INTEGER NOT NULL, 
	platform VARCHAR(100) NOT NULL, 
	"key" VARCHAR(300) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	shop_id VARCHAR(200) NOT NULL, 
	address TEXT NOT NULL, 
	first_seen_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_sellers PRIMARY KEY (id), 
	CONSTRAINT uq_sellers_platform_key UNIQUE (platform, "key")
);
CREATE TABLE source_runs (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	found INTEGER NOT NULL, 
	kept INTEGER NOT NULL, 
	refused INTEGER NOT NULL, 
	unchanged INTEGER NOT NULL, 
	gone INTEGER NOT NULL, 
	fault VARCHAR(64), 
	fault_values JSON NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_source_runs PRIMARY KEY (id), 
	CONSTRAINT fk_source_runs_source_id_sources FOREIGN KEY(source_id) REFERENCES sources (id), 
	CONSTRAINT ck_source_runs_runstate CHECK (state IN ('running', 'done', 'failed'))
);
CREATE TABLE sources (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	platform VARCHAR(100) NOT NULL, 
	settings JSON NOT NULL, 
	memory JSON NOT NULL, 
	every_minutes INTEGER NOT NULL, 
	next_run_at DATETIME, 
	failures INTEGER NOT NULL, 
	token_hash VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_sources PRIMARY KEY (id), 
	CONSTRAINT fk_sources_account_id_accounts FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT uq_sources_token_hash UNIQUE (token_hash), 
	CONSTRAINT ck_sources_sourcekind CHECK (kind IN ('feed', 'push', 'crawl', 'report')), 
	CONSTRAINT ck_sources_sourcestate CHECK (state IN ('active', 'paused'))
);
CREATE TABLE stored_files (
	sha256 VARCHAR(64) NOT NULL, 
	sm3 VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_stored_files PRIMARY KEY (sha256)
);
INSERT INTO "stored_files" VALUES('a0974a2f9630f3fb9b29ea3af7db418ae29bb5c27e1b9e29ca2c3ca411544935','7864121530950d4d0036f97602741ac73628905e572f1d5be40f072527f5fce8',715,'image/png',64,80,'2026-03-02 09:00:00.000000');
INSERT INTO "stored_files" VALUES('d9740373efdc77a35dcdbadf080e672bf8a9fa28b3516e1aca0fdbf81182a25b','99f919ea4728f7bac4dad9121953198792c2404341585cc92ce9a766154b32a0',114,'image/svg+xml',2048,1366,'2026-03-02 09:00:00.000000');
INSERT INTO "stored_files" VALUES('26397d08852498d580def91904e90a7695427b177392a37f01d094f0854c39e2','35e54880f517934be4ffece8763ff76d33dd3a1ca9b65f989c8e8eeef4d9a687',815,'image/png',64,80,'2026-03-02 09:00:00.000000');
INSERT INTO "stored_files" VALUES('fce04be9e3cc2f846ff10afcbd2369e970bf9e65af8feb56a57aa728c02210a3','c566926564da276581fb16c30d51985be838b5fd133ce5bf85dd239e24fa3327',114,'image/svg+xml',2048,1366,'2026-03-02 09:00:00.000000');
CREATE INDEX ix_log_entries_subject ON log_entries (subject);
CREATE INDEX ix_accounts_organization_id ON accounts (organization_id);
CREATE INDEX ix_feed_imports_account_id ON feed_imports (account_id);
CREATE INDEX ix_filings_applicant_id ON filings (applicant_id);
CREATE INDEX ix_filings_organization_id ON filings (organization_id);
CREATE INDEX ix_filing_views_compared_by ON filing_views (compared_by);
CREATE INDEX ix_filing_views_sha256 ON filing_views (sha256);
CREATE INDEX ix_listings_import_id ON listings (import_id);
CREATE INDEX ix_listing_pictures_compared_by ON listing_pictures (compared_by);
CREATE INDEX ix_listing_pictures_sha256 ON listing_pictures (sha256);
CREATE INDEX ix_matches_filing_id ON matches (filing_id);
CREATE INDEX ix_matches_later_filing_id ON matches (later_filing_id);
CREATE INDEX ix_matches_listing_id ON matches (listing_id);
CREATE INDEX ix_alerts_state ON alerts (state);
CREATE INDEX ix_alert_recipients_account_id ON alert_recipients (account_id);
CREATE INDEX ix_cases_officer_id ON cases (officer_id);
CREATE INDEX ix_cases_state ON cases (state);
CREATE INDEX ix_deliveries_due ON deliveries (state, next_try_at);
CREATE INDEX ix_log_time_stamps_due ON log_time_stamps (state, next_try_at);
CREATE INDEX ix_certificates_sm3 ON certificates (sm3);
CREATE INDEX ix_stored_files_sm3 ON stored_files (sm3);
CREATE INDEX ix_sellers_name ON sellers (name);
CREATE INDEX ix_remote_pictures_due ON remote_pictures (state, next_try_at);
CREATE INDEX ix_sources_account_id ON sources (account_id);
CREATE INDEX ix_sources_due ON sources (state, next_run_at);
CREATE INDEX ix_source_runs_source_id ON source_runs (source_id);
CREATE INDEX ix_source_runs_state ON source_runs (state);
CREATE INDEX ix_crawl_pages_listing_id ON crawl_pages (listing_id);
CREATE INDEX ix_crawl_pages_queue ON crawl_pages (source_id, state, run_id);
CREATE INDEX ix_listing_changes_listing_id ON listing_changes (listing_id);
CREATE INDEX ix_listing_remote_pictures_remote_id ON listing_remote_pictures (remote_id);
CREATE INDEX ix_listing_sightings_account_id ON listing_sightings (account_id);
CREATE INDEX ix_reports_account_id ON reports (account_id);
CREATE INDEX ix_reports_state ON reports (state);
CREATE INDEX ix_captures_due ON captures (state, next_try_at);
CREATE INDEX ix_captures_listing_id ON captures (listing_id);
CREATE INDEX ix_feed_imports_source_id ON feed_imports (source_id);
CREATE INDEX ix_feed_imports_run_id ON feed_imports (run_id);
CREATE UNIQUE INDEX ix_feed_imports_request ON feed_imports (account_id, request_key);
CREATE INDEX ix_listings_seller_id ON listings (seller_id);
CREATE INDEX ix_listings_source_id ON listings (source_id);
COMMIT;
